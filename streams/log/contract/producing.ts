import { expect, test } from 'vitest'
import { append, bytes, type ContractContext, record, until, valuesOf } from './context.ts'

export function producing(context: ContractContext): void {
  test('a record comes back with its key, value, headers and timestamp', async () => {
    const topic = await context.topic(1)
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const records = [
      { ...record('k', 'v', 1_234_567_890_123), headers: [] },
      { ...record(null, 'no key', 1_234_567_890_100), headers: [] },
      { ...record('tombstone', null, 5), headers: [] },
      { ...record('', '', 0), headers: [] },
      {
        ...record('headers', 'x', 1_800_000_000_000),
        headers: [
          ['trace', bytes('1')],
          ['other', null],
          ['trace', bytes('2')],
          ['empty', bytes('')],
        ] as const,
      },
      {
        key: Uint8Array.of(0, 255, 128),
        value: Uint8Array.of(200, 0),
        timestampMs: 7,
        headers: [],
      },
    ]
    const results = await producer.send([{ topic, partition: 0, records }])
    expect(results).toEqual([{ topic, partition: 0, baseOffset: 0, lastOffset: 5 }])
    const read = await context.read(topic)
    expect(read.map(plain)).toEqual(records.map((sent, offset) => plain({ ...sent, offset })))
    await producer.close()
  })

  test('each partition keeps the order of its records', async () => {
    const topic = await context.topic(3)
    const producer = await context
      .log()
      .createProducer({ clientId: 'contract', compression: 'gzip' })
    const expected: string[][] = [[], [], []]
    for (let round = 0; round < 10; round++) {
      const appends = [0, 1, 2].map((partition) => {
        const values = Array.from({ length: 150 }, (_, n) => `${partition}/${round}/${n}`)
        expected[partition]?.push(...values)
        return append(topic, partition, values)
      })
      const results = await producer.send(appends)
      expect(results.map(({ partition }) => partition)).toEqual([0, 1, 2])
      for (const result of results) {
        expect(result.baseOffset).toBe(round * 150)
        expect(result.lastOffset).toBe(round * 150 + 149)
      }
    }
    for (const partition of [0, 1, 2]) {
      const read = await context.read(topic, partition)
      expect(read.map(({ offset }) => offset)).toEqual(Array.from({ length: 1500 }, (_, n) => n))
      expect(await context.values(topic, partition)).toEqual(expected[partition])
    }
    await producer.close()
  })

  test('the caller may use its buffers again once an append is acknowledged', async () => {
    const topic = await context.topic(1)
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const value = bytes('first')
    await producer.send([{ topic, partition: 0, records: [{ key: null, value, timestampMs: 1 }] }])
    value.set(bytes('OTHER'))
    expect(await context.values(topic)).toEqual(['first'])
    await producer.close()
  })

  test('an unknown topic or partition is refused', async () => {
    const topic = await context.topic(1)
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const nowhere = context.name('nowhere')
    await expect(producer.send([append(nowhere, 0, ['x'])])).rejects.toMatchObject({
      name: 'StreamsError',
      code: 'LOG_UNKNOWN_TOPIC',
    })
    await expect(producer.send([append(topic, 1, ['x'])])).rejects.toMatchObject({
      code: 'LOG_UNKNOWN_TOPIC',
    })
    expect(await context.log().admin.listTopics()).not.toContain(nowhere)
    await producer.close()
  })

  test('a record over the limit is refused, and the next append succeeds', async () => {
    const topic = await context.topic(1)
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const large = { key: null, value: new Uint8Array(2_000_000), timestampMs: 1 }
    await expect(
      producer.send([{ topic, partition: 0, records: [record('a', 'a'), large] }]),
    ).rejects.toMatchObject({ name: 'StreamsError', code: 'LOG_RECORD_TOO_LARGE' })
    await producer.send([append(topic, 0, ['small'])])
    expect(await context.values(topic)).toEqual(['small'])
    await producer.close()
  })

  test('a waiting poll returns as soon as a record arrives', async () => {
    const topic = await context.topic(1)
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const reader = await context.log().createPartitionReader({ clientId: 'contract' })
    await reader.assign([{ topic, partition: 0, offset: 0 }])
    expect(await reader.poll({ maxWaitMs: 0 })).toEqual([])
    const startMs = performance.now()
    const polled = reader.poll({ maxWaitMs: 40_000 })
    await producer.send([append(topic, 0, ['now'])])
    let values = valuesOf(await polled)
    await until(context.conditionTimeoutMs, 'the record is read', async () => {
      if (values.length === 0) values = valuesOf(await reader.poll({ maxWaitMs: 1_000 }))
      return values.length > 0
    })
    expect(values).toEqual(['now'])
    expect(performance.now() - startMs).toBeLessThan(20_000)
    await reader.close()
    await producer.close()
  })
}

/** Byte arrays as numbers: a `Buffer` and a `Uint8Array` of the same bytes are equal. */
function plain(sent: {
  offset: number
  key: Uint8Array | null
  value: Uint8Array | null
  timestampMs: number
  headers: readonly (readonly [string, Uint8Array | null])[]
}) {
  const numbers = (value: Uint8Array | null) => (value === null ? null : [...value])
  return {
    offset: sent.offset,
    timestampMs: sent.timestampMs,
    key: numbers(sent.key),
    value: numbers(sent.value),
    headers: sent.headers.map(([name, value]) => [name, numbers(value)]),
  }
}
