import { expect, test } from 'vitest'
import { append, type ContractContext, partitionName, text, until } from './context.ts'

export function reading(context: ContractContext): void {
  test('a reader starts at the offset it is given', async () => {
    const topic = await context.topic(1)
    await produce(topic, 0, ['a', 'b', 'c', 'd'])
    expect(await context.values(topic, 0, { offset: 2 })).toEqual(['c', 'd'])
    expect((await context.read(topic, 0, { offset: 3 }))[0]?.offset).toBe(3)
  })

  test('a poll returns no more records than it is asked for, and loses none between', async () => {
    const topic = await context.topic(1)
    const expected = Array.from({ length: 100 }, (_, n) => `v${n}`)
    await produce(topic, 0, expected)
    const reader = await context.log().createPartitionReader({ clientId: 'contract' })
    await reader.assign([{ topic, partition: 0, offset: 0 }])
    const values: (string | null)[] = []
    let position = 0
    await until(context.conditionTimeoutMs, 'all records are read', async () => {
      const batches = await reader.poll({ maxWaitMs: 500, recordsMax: 7 })
      let polled = 0
      for (const batch of batches) {
        polled += batch.records.length
        values.push(...batch.records.map(({ value }) => text(value)))
        expect(batch.nextOffset).toBeGreaterThanOrEqual(position)
        position = batch.nextOffset
      }
      expect(polled).toBeLessThanOrEqual(7)
      return position >= 100
    })
    expect(values).toEqual(expected)
    await reader.close()
  })

  test('a batch tells how far the partition goes', async () => {
    const topic = await context.topic(1)
    await produce(topic, 0, ['a', 'b', 'c'])
    const reader = await context.log().createPartitionReader({ clientId: 'contract' })
    await reader.assign([{ topic, partition: 0, offset: 0 }])
    let last: { nextOffset: number; endOffset: number } | undefined
    await until(context.conditionTimeoutMs, 'something is read', async () => {
      last = (await reader.poll({ maxWaitMs: 500 })).at(-1)
      return last !== undefined
    })
    expect(last).toMatchObject({ nextOffset: 3, endOffset: 3 })
    await reader.close()
  })

  test('a new assignment replaces the one before', async () => {
    const topic = await context.topic(2)
    await produce(topic, 0, ['a0', 'a1'])
    await produce(topic, 1, ['b0', 'b1'])
    const reader = await context.log().createPartitionReader({ clientId: 'contract' })
    const readUntil = async (count: number): Promise<string[]> => {
      const seen: string[] = []
      await until(context.conditionTimeoutMs, `${count} records are read`, async () => {
        for (const batch of await reader.poll({ maxWaitMs: 500 })) {
          for (const { value } of batch.records) seen.push(`${batch.partition}:${text(value)}`)
        }
        return seen.length >= count
      })
      return seen.sort()
    }
    await reader.assign([
      { topic, partition: 0, offset: 1 },
      { topic, partition: 1, offset: 0 },
    ])
    expect(await readUntil(3)).toEqual(['0:a1', '1:b0', '1:b1'])
    await reader.assign([{ topic, partition: 0, offset: 0 }])
    expect(await readUntil(2)).toEqual(['0:a0', '0:a1'])
    await produce(topic, 1, ['b2'])
    await produce(topic, 0, ['a2'])
    expect(await readUntil(1)).toEqual(['0:a2'])
    await reader.assign([])
    expect(await reader.poll({ maxWaitMs: 0 })).toEqual([])
    await reader.close()
  })

  test('a small buffer still reads everything', async () => {
    const topic = await context.topic(2)
    const blob = 'x'.repeat(50_000)
    for (const partition of [0, 1]) {
      for (let n = 0; n < 10; n++) await produce(topic, partition, [`${n}${blob}`])
    }
    const reader = await context
      .log()
      .createPartitionReader({ clientId: 'contract', bufferedBytesMax: 60_000 })
    await reader.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })))
    const seen = new Map<string, string[]>()
    let count = 0
    await until(context.conditionTimeoutMs, '20 large records are read', async () => {
      for (const batch of await reader.poll({ maxWaitMs: 500 })) {
        const digits = batch.records.map(({ value }) => text(value)?.slice(0, 1) ?? '')
        seen.set(partitionName(batch), [...(seen.get(partitionName(batch)) ?? []), ...digits])
        count += digits.length
      }
      return count >= 20
    })
    const digits = Array.from({ length: 10 }, (_, n) => `${n}`)
    expect([...seen.values()]).toEqual([digits, digits])
    await reader.close()
  })

  test('an unknown topic cannot be read', async () => {
    const reader = await context.log().createPartitionReader({ clientId: 'contract' })
    const topic = context.name('nowhere')
    await expect(reader.assign([{ topic, partition: 0, offset: 0 }])).rejects.toMatchObject({
      code: 'LOG_UNKNOWN_TOPIC',
    })
    await reader.close()
  })

  async function produce(topic: string, partition: number, values: readonly string[]) {
    const producer = await context.log().createProducer({ clientId: 'contract' })
    await producer.send([append(topic, partition, values)])
    await producer.close()
  }
}
