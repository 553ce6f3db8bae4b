import { expect, test } from 'vitest'
import type { TransactionalProducer } from '../log.ts'
import { append, type ContractContext } from './context.ts'

const STEPS = 150
const PARTITIONS = 3

interface ModelRecord {
  readonly value: string
  outcome: 'open' | 'committed' | 'aborted'
}

/**
 * Random calls of one plain and two transactional producers, against arrays in memory: after each end of a transaction a
 * reader of committed records sees what was committed before the oldest open transaction, in the order of the sends.
 */
export function randomRun(context: ContractContext): void {
  test(`any sequence of calls reads as the model says (seed ${context.seed})`, async () => {
    const random = seeded(context.seed)
    const topic = await context.topic(PARTITIONS)
    const model: ModelRecord[][] = Array.from({ length: PARTITIONS }, () => [])
    const plain = await context.log().createProducer({ clientId: 'contract' })
    const ids = [context.name('tx'), context.name('tx')]
    const transactional: { producer: TransactionalProducer; open: ModelRecord[] | undefined }[] = []
    for (const id of ids) {
      transactional.push({ producer: await context.transactional(id), open: undefined })
    }
    let values = 0
    const sendTo = async (
      send: TransactionalProducer['send'],
      outcome: ModelRecord['outcome'],
    ): Promise<ModelRecord[]> => {
      const partition = random(PARTITIONS)
      const records = Array.from({ length: 1 + random(4) }, () => ({
        value: `v${values++}`,
        outcome,
      }))
      await send([
        append(
          topic,
          partition,
          records.map(({ value }) => value),
        ),
      ])
      model[partition]?.push(...records)
      return records
    }
    const check = async () => {
      for (const [partition, records] of model.entries()) {
        const open = records.findIndex(({ outcome }) => outcome === 'open')
        const stable = open === -1 ? records : records.slice(0, open)
        const expected = stable.flatMap(({ outcome, value }) =>
          outcome === 'committed' ? [value] : [],
        )
        await context.valuesBecome(topic, partition, expected)
      }
    }

    for (let step = 0; step < STEPS; step++) {
      const at = random(transactional.length)
      const one = transactional[at]
      if (one === undefined) continue
      const choice = random(10)
      if (choice === 0) {
        await sendTo((appends) => plain.send(appends), 'committed')
      } else if (choice === 1) {
        // A successor takes over, as after a crash.
        for (const left of one.open ?? []) left.outcome = 'aborted'
        const dropped = one.producer
        one.producer = await context.transactional(ids[at] ?? '')
        one.open = undefined
        await dropped.close()
      } else if (one.open === undefined) {
        await one.producer.begin()
        one.open = await sendTo((appends) => one.producer.send(appends), 'open')
      } else if (choice < 7) {
        one.open.push(...(await sendTo((appends) => one.producer.send(appends), 'open')))
      } else {
        const commits = choice < 9
        await (commits ? one.producer.commit() : one.producer.abort())
        for (const sent of one.open) sent.outcome = commits ? 'committed' : 'aborted'
        one.open = undefined
        if (step % 5 === 0) await check()
      }
    }
    for (const { producer, open } of transactional) {
      if (open !== undefined) await producer.abort()
      for (const sent of open ?? []) sent.outcome = 'aborted'
    }
    await check()
    expect(values).toBeGreaterThan(STEPS / 2)
    await plain.close()
    for (const { producer } of transactional) await producer.close()
  })
}

/** Mulberry32: whole numbers below a bound. */
function seeded(seed: number): (bound: number) => number {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
