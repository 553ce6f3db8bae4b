import { expect, test } from 'vitest'
import { type ContractContext, record, text } from './context.ts'

export function compaction(context: ContractContext): void {
  test('a compacted topic keeps at least the last value of each key, in order, at its offset', async () => {
    const topic = await context.topic(1, { cleanup: 'compact' })
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const records = Array.from({ length: 200 }, (_, n) => record(`k${n % 5}`, `v${n}`))
    for (let at = 0; at < records.length; at += 20) {
      await producer.send([{ topic, partition: 0, records: records.slice(at, at + 20) }])
    }
    await context.abilities.compactNow?.(context.log())
    const read = await context.read(topic)
    const last = new Map(read.map(({ key, value }) => [text(key), text(value)]))
    expect(Object.fromEntries(last)).toEqual({
      k0: 'v195',
      k1: 'v196',
      k2: 'v197',
      k3: 'v198',
      k4: 'v199',
    })
    expect(read.map(({ value }) => text(value))).toEqual(read.map(({ offset }) => `v${offset}`))
    if (context.abilities.compactNow !== undefined) expect(read.length).toBeLessThan(60)
    await producer.close()
  })
}
