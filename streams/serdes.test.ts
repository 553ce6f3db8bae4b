import { expect, describe as group, test } from 'vitest'
import { type Serde, stringSerde, timestampedSerde } from '#streams'

group('a value with its time', () => {
  const serde = timestampedSerde(stringSerde)

  test('is eight bytes of time, big endian, then the value', () => {
    const bytes = serde.serialize('t', { value: 'a', timestampMs: 258 })
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 97])
    expect(serde.deserialize('t', bytes)).toEqual({ value: 'a', timestampMs: 258 })
  })

  test('may have no bytes, and a time before 1970', () => {
    const written = { value: '', timestampMs: -1 }
    expect(serde.deserialize('t', serde.serialize('t', written))).toEqual(written)
  })

  test('is refused without room for the time', () => {
    expect(() => serde.deserialize('t', new Uint8Array(7))).toThrow('SERDE_DECODE_FAILED')
  })

  test('lets the value wait for its schema, and be prepared', async () => {
    const asked: unknown[] = []
    const waiting: Serde<string> = {
      ...stringSerde,
      pending: (bytes) => void asked.push([...bytes]),
      prepare: async (topic, role) => void asked.push([topic, role]),
    }
    const timed = timestampedSerde(waiting)
    await timed.pending?.(timed.serialize('t', { value: 'a', timestampMs: 1 }))
    await timed.prepare?.('t', 'value')
    expect(asked).toEqual([[97], ['t', 'value']])
    expect(serde.pending).toBeUndefined()
  })
})
