import { expect, test } from 'vitest'
import { sessionWindowedSerde, stringSerde, timeWindowedSerde } from '#streams'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('a key of a window of fixed size is the key and the start', () => {
  const serde = timeWindowedSerde(stringSerde, 60_000)
  const windowed = { key: 'ab', startMs: 0x0123_4567_89ab, endMs: 0x0123_4567_89ab + 60_000 }
  const bytes = serde.serialize('t', windowed)
  expect(hex(bytes)).toBe('616200000123456789ab')
  expect(serde.deserialize('t', bytes)).toEqual(windowed)
})

test('a key of a session is the key, the end and the start', () => {
  const serde = sessionWindowedSerde(stringSerde)
  const windowed = { key: 'ab', startMs: 5, endMs: 258 }
  const bytes = serde.serialize('t', windowed)
  expect(hex(bytes)).toBe('616200000000000001020000000000000005')
  expect(serde.deserialize('t', bytes)).toEqual(windowed)
})

test('a window that never ends ends at the largest whole number', () => {
  const serde = timeWindowedSerde(stringSerde, Number.MAX_SAFE_INTEGER)
  const bytes = serde.serialize('t', { key: 'a', startMs: 7, endMs: Number.MAX_SAFE_INTEGER })
  expect(serde.deserialize('t', bytes).endMs).toBe(Number.MAX_SAFE_INTEGER)
})

test('bytes that are too few are refused', () => {
  const serde = sessionWindowedSerde(stringSerde)
  expect(() => serde.deserialize('t', new Uint8Array(15))).toThrow(
    expect.objectContaining({ code: 'SERDE_DECODE_FAILED' }),
  )
})

test('a serde that has to fetch schemas and prepare topics does so for the inner key', async () => {
  const prepared: string[] = []
  const asked: string[] = []
  const inner = {
    ...stringSerde,
    pending: (bytes: Uint8Array) => {
      asked.push(hex(bytes))
      return undefined
    },
    prepare: async (topic: string, role: string) => void prepared.push(`${topic} ${role}`),
  }
  const serde = timeWindowedSerde(inner, 10)
  await serde.prepare?.('t', 'key')
  void serde.pending?.(serde.serialize('t', { key: 'ab', startMs: 0, endMs: 10 }))
  expect([prepared, asked]).toEqual([['t key'], ['6162']])
})
