import { Consumed, jsonSerde, Materialized, Produced, StreamsBuilder, stringSerde } from '#streams'
import { partitionFor } from '#streams/log'
import { inputBatches } from './inputs.ts'
import { byKey, jsonRecord, type MakeScenario, newTopic, type Results, textOf } from './scenario.ts'

interface Order {
  readonly id: number
  readonly group: string
  readonly amount: number
}

interface Total {
  readonly count: number
  readonly sum: number
  /** The order that made it. */
  readonly last: number
}

const DECOY_ID = -1
const NAME = 'repartitioned-totals'

/**
 * Orders are totalled by a key other than their own, behind a repartition topic. In which order a total takes orders of different partitions
 * is open; but each is taken once, those of one partition in their order, and every total adds one order to the one before.
 */
export const repartitionedTotals: MakeScenario = ({ partitions, records, inputMs, random }) => {
  const orders: { readonly key: string; readonly order: Order }[] = []
  for (let id = 0; id < records; id++) {
    const order = { id, group: `g${random.below(5)}`, amount: random.between(1, 100) }
    orders.push({ key: `k${random.below(8)}`, order })
  }
  const isCached = random.chance(0.3)
  const inputs = inputBatches(
    orders.map(({ key, order }) => ({
      topic: 'orders',
      record: jsonRecord(key, order, 1_000 + order.id),
    })),
    {
      partitions,
      inputMs,
      random,
      decoy: () => ({
        topic: 'orders',
        record: jsonRecord('k1', { id: DECOY_ID, group: 'g1', amount: 1_000_000 }, 1_000),
      }),
    },
  )

  const check = (results: Results): string[] => {
    const faults: string[] = []
    const totals = byKey(results.output('totals'))
    const wanted = new Map<string, Map<number, { readonly order: Order; readonly from: number }>>()
    for (const { key, order } of orders) {
      const group = wanted.get(order.group) ?? new Map()
      const from = partitionFor(Buffer.from(key), partitions)
      wanted.set(order.group, group.set(order.id, { order, from }))
    }
    for (const group of totals.keys()) {
      if (!wanted.has(group)) faults.push(`a total of ${group}, which has no order`)
    }
    for (const [group, ofGroup] of wanted) {
      const lines = (totals.get(group) ?? []).map(({ value }) => JSON.parse(textOf(value)) as Total)
      let before: Total = { count: 0, sum: 0, last: DECOY_ID }
      const latest = new Map<number, number>()
      for (const total of lines) {
        const taken = ofGroup.get(total.last)
        if (taken === undefined)
          faults.push(`${group}: ${JSON.stringify(total)} took no order of it`)
        else if (isCached) {
          if (total.count <= before.count)
            faults.push(`${group}: ${total.count} after ${before.count}`)
        } else {
          if (total.count !== before.count + 1 || total.sum !== before.sum + taken.order.amount) {
            faults.push(`${group}: ${JSON.stringify(total)} after ${JSON.stringify(before)}`)
          }
          if ((latest.get(taken.from) ?? -1) >= total.last) {
            faults.push(
              `${group}: order ${total.last} after ${latest.get(taken.from)} of its partition`,
            )
          }
          latest.set(taken.from, total.last)
        }
        before = total
      }
      const sum = [...ofGroup.values()].reduce((all, { order }) => all + order.amount, 0)
      if (before.count !== ofGroup.size || before.sum !== sum) {
        faults.push(
          `${group} ends with ${before.count} orders of ${before.sum}, not ${ofGroup.size} of ${sum}`,
        )
      }
    }
    return faults
  }

  return {
    name: NAME,
    topology: build(),
    topics: [newTopic('orders', partitions), newTopic('totals', partitions)],
    inputs,
    outputs: ['totals'],
    isSequenceFixed: false,
    recordCacheBytesMax: isCached ? 100_000 : 0,
    check,
  }
}

function build() {
  const builder = new StreamsBuilder()
  const total = jsonSerde<Total>()
  builder
    .stream('orders', Consumed.with(stringSerde, jsonSerde<Order>(), { as: 'orders' }))
    .groupBy((_key, order) => order.group, { as: 'by-group', keySerde: stringSerde })
    .aggregate<Total>(
      () => ({ count: 0, sum: 0, last: DECOY_ID }),
      (_group, { id, amount }, { count, sum }) => ({
        count: count + 1,
        sum: sum + amount,
        last: id,
      }),
      { as: 'total', materialized: Materialized.as('totals', { valueSerde: total }) },
    )
    .toStream({ as: 'totals-stream' })
    .to('totals', Produced.with(stringSerde, total, { as: 'totals-out' }))
  return builder.build(NAME)
}
