import { describe, expect, test } from 'vitest'
import { type Serde, stringSerde } from '#streams'
import { changeSerde } from './change-serde.ts'

const serde = changeSerde(stringSerde)
const CHANGES = [
  { newValue: 'new', oldValue: undefined, isLatest: true },
  { newValue: undefined, oldValue: 'old', isLatest: true },
  { newValue: 'new', oldValue: 'old', isLatest: false },
  { newValue: '', oldValue: '', isLatest: true },
  { newValue: '', oldValue: 'old', isLatest: true },
]

describe('a change of a grouped table', () => {
  test.each(CHANGES)('%j comes back as it was written', (change) => {
    const bytes = serde.serialize('t', change)
    const framed = Buffer.concat([Buffer.from('before'), bytes]).subarray('before'.length)
    expect(serde.deserialize('t', framed)).toEqual(change)
  })

  test.each([
    ['nothing', []],
    ['unknown flags', [8, 1]],
    ['a length that ends early', [7, 0, 0]],
    ['a value shorter than its length', [7, 0, 0, 0, 9, 1]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => serde.deserialize('t', Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'SERDE_DECODE_FAILED' }),
    )
  })

  test('is ready when the writers of both its values are known', async () => {
    const asked: string[] = []
    let fetched: () => void = () => undefined
    const fetching = new Promise<void>((resolve) => {
      fetched = resolve
    })
    const slow: Serde<string> = {
      ...stringSerde,
      pending: (bytes) => {
        asked.push(Buffer.from(bytes).toString())
        return fetching
      },
    }
    const bytes = serde.serialize('t', { newValue: 'new', oldValue: 'old', isLatest: true })
    const pending = changeSerde(slow).pending?.(bytes)
    expect(asked).toEqual(['new', 'old'])
    fetched()
    await expect(pending).resolves.toBeUndefined()
    expect(changeSerde(slow).pending?.(Uint8Array.of(9))).toBeUndefined()
    expect(serde.pending).toBeUndefined()
  })
})
