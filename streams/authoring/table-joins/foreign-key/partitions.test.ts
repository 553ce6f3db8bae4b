import { afterEach, expect, describe as group, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { Consumed, Produced, StreamsBuilder, stringSerde, type Topology } from '#streams'
import { TopologyTestDriver } from '#streams/testing'
import { AppHarness, caughtUp } from '../../../fixtures/app-harness.ts'
import type { ProducerRecord } from '../../../log/log.ts'
import { partitionFor } from '../../../log/partitioner.ts'

/** Whatever the partition counts of two tables, their join by foreign key is the same. */
const SEED = 20_261_121
const LEFT_KEYS = 23
const FOREIGN_KEYS = 7
const PARTITIONS = { left: 3, right: 2, out: 2 }

const text = Consumed.with(stringSerde, stringSerde)

interface Update {
  readonly topic: 'left' | 'right'
  readonly key: string
  readonly value: string | undefined
  readonly timestampMs: number
}

const foreignKeyOf = (_key: string, value: string) => value.split('|')[0] || undefined
const join = (left: string, right: string | undefined) => `${left}+${right ?? '-'}`

function topologyOf(kind: 'inner' | 'left'): Topology {
  const t = new StreamsBuilder()
  const [left, right] = [t.table('left', text), t.table('right', text)]
  const options = { as: 'by-foreign-key', valueSerde: stringSerde }
  const joined =
    kind === 'left'
      ? left.leftJoin(right, foreignKeyOf, join, options)
      : left.join(right, foreignKeyOf, join, options)
  joined.toStream().to('out', Produced.with(stringSerde, stringSerde))
  return t.build(`foreign-${kind}`)
}

/** A fifth of the rows are deletions; some left rows have no foreign key. */
function updates(count: number): readonly Update[] {
  let state = SEED
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  return Array.from({ length: count }, (_, timestampMs) => {
    const isDeletion = below(5) === 0
    if (below(3) === 0) {
      const value = isDeletion ? undefined : `r${timestampMs}`
      return { topic: 'right', key: `f${below(FOREIGN_KEYS)}`, value, timestampMs }
    }
    const foreignKey = below(8) === 0 ? '' : `f${below(FOREIGN_KEYS)}`
    const value = isDeletion ? undefined : `${foreignKey}|${timestampMs}`
    return { topic: 'left', key: `l${below(LEFT_KEYS)}`, value, timestampMs }
  })
}

/**
 * Updates of which no two are of one left row. In an inner join a row that goes and comes back under another foreign key, before the answer to
 * its going is there, can keep its old result, as in Kafka Streams.
 */
function inRounds(all: readonly Update[]): readonly (readonly Update[])[] {
  const rounds: Update[][] = [[]]
  let seen = new Set<string>()
  for (const update of all) {
    if (update.topic === 'left' && seen.has(update.key)) {
      rounds.push([])
      seen = new Set()
    }
    if (update.topic === 'left') seen.add(update.key)
    rounds.at(-1)?.push(update)
  }
  return rounds
}

/** The join of the rows that hold in the end, without any of the machinery. */
function expectedRows(kind: 'inner' | 'left', all: readonly Update[]): Record<string, string> {
  const rows = { left: new Map<string, string>(), right: new Map<string, string>() }
  for (const { topic, key, value } of all) {
    if (value === undefined) rows[topic].delete(key)
    else rows[topic].set(key, value)
  }
  const results = [...rows.left].flatMap(([key, value]) => {
    const right = rows.right.get(foreignKeyOf(key, value) ?? '')
    return kind === 'inner' && right === undefined ? [] : [[key, join(value, right)] as const]
  })
  return Object.fromEntries(results)
}

function lastRows(
  records: Iterable<{ readonly key: string | undefined; readonly value: string | undefined }>,
): Record<string, string> {
  const rows = new Map<string, string>()
  for (const { key = '', value } of records) {
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
  }
  return Object.fromEntries(rows)
}

let harness: AppHarness | undefined
afterEach(async () => {
  await harness?.close()
  harness = undefined
})

/** What comes out after each update, by left key, and all records in the end. */
async function driven(kind: 'inner' | 'left', partitions: number | typeof PARTITIONS) {
  const driver = await TopologyTestDriver.open({
    topology: topologyOf(kind),
    stores: createStoreBackend(memoryEngine()),
    partitions,
  })
  const out = driver.createOutputTopic('out', stringSerde, stringSerde)
  const steps = updates(600).map(({ topic, key, value, timestampMs }) => {
    driver.createInputTopic(topic, stringSerde, stringSerde).pipe(key, value, { timestampMs })
    return out.readRecords()
  })
  await driver.close()
  const shown = steps.map((records) =>
    records.map(({ key, value, timestampMs: at }) => `${key}:${value ?? '-'}@${at}`).sort(),
  )
  return { shown, rows: lastRows(steps.flat()) }
}

async function produce(place: AppHarness, all: readonly Update[]): Promise<void> {
  const producer = await place.log.createProducer({ clientId: 'test' })
  for (const { topic, key, value, timestampMs } of all) {
    const bytes = Buffer.from(key)
    const record: ProducerRecord = {
      key: bytes,
      value: value === undefined ? null : Buffer.from(value),
      timestampMs,
    }
    const partition = partitionFor(bytes, PARTITIONS[topic])
    await producer.send([{ topic, partition, records: [record] }])
  }
  await producer.close()
}

group.each(['inner', 'left'] as const)(
  'an %s join by foreign key of 3 and 2 partitions',
  (kind) => {
    test('says after each update what it says of one partition', async () => {
      const one = await driven(kind, 1)
      const several = await driven(kind, PARTITIONS)
      expect(several.shown).toEqual(one.shown)
      expect(several.rows).toEqual(expectedRows(kind, updates(600)))
      expect(Object.keys(several.rows).length).toBeGreaterThan(5)
    })

    test('comes to the same rows on a log, over a restart', async () => {
      harness = await AppHarness.open()
      for (const [topic, count] of Object.entries(PARTITIONS))
        await harness.createTopics(count, topic)
      const all = updates(400)
      for (const half of [all.slice(0, 200), all.slice(200)]) {
        const streams = await harness.start(topologyOf(kind))
        for (const some of kind === 'inner' ? inRounds(half) : [half]) {
          await produce(harness, some)
          await caughtUp(streams)
        }
        await streams.close()
      }
      const topics = await harness.log.admin.listTopics()
      const internal = 'foreign-left-by-foreign-key'.replace('left', kind)
      expect(topics).toContain(`${internal}-subscription-registration-topic`)
      expect(topics).toContain(`${internal}-subscription-response-topic`)
      expect(lastRows(await harness.read('out'))).toEqual(expectedRows(kind, all))
    })
  },
)
