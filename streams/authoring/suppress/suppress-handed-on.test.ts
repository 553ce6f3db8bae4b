import { expect, test } from 'vitest'
import type { Change } from '../../change.ts'
import type { ProcessorContext } from '../../processor.ts'
import { bytesSerde, jsonSerde, stringSerde } from '../../serdes.ts'
import { keyValueStore } from '../stores.ts'
import { decodeHeld } from './held-update.ts'
import { SuppressProcessor } from './suppress-processor.ts'
import { BufferConfig, Suppressed } from './suppressed.ts'

const valueSerde = jsonSerde<{ readonly sum: number }>()
const store = keyValueStore({ name: 'held', keySerde: bytesSerde, valueSerde: bytesSerde })
const HANDED_ON = Buffer.from('bytes of a store')

/** The new value as the buffer holds it, of a change that comes with bytes. */
function held(change: Change<{ readonly sum: number }>): string {
  const puts: Uint8Array[] = []
  const entries = { next: () => ({ done: true }), close: () => {} }
  const kept = {
    get: () => undefined,
    put: (_key: Uint8Array, value: Uint8Array) => puts.push(value),
    prefixScan: () => ({ ...entries, [Symbol.iterator]: () => entries }),
  }
  const context = { getStateStore: () => kept, currentSystemTimeMs: () => 1 }
  const processor = new SuppressProcessor({
    suppressed: Suppressed.untilTimeLimit(1_000, BufferConfig.unbounded()),
    holdMs: 1_000,
    store,
    keySerde: stringSerde,
    valueSerde,
  })
  processor.init(context as unknown as ProcessorContext<string, Change<{ readonly sum: number }>>)
  processor.process({ key: 'k', value: change, timestampMs: 1, headers: [] })
  processor.beforeCommit()
  const [update] = puts.filter(({ length }) => length > 8 && length !== 48)
  return Buffer.from(decodeHeld(update ?? new Uint8Array(0)).newValue ?? []).toString()
}

test('bytes that are handed on are held only with the value and the serde that they are of', () => {
  const newValue = { sum: 1 }
  const change = { newValue, oldValue: undefined, isLatest: true }
  const encoded = {
    serde: valueSerde,
    newValue,
    newBytes: HANDED_ON,
    oldValue: undefined,
    oldBytes: undefined,
  }
  expect(held({ ...change, encoded })).toBe('bytes of a store')
  expect(held({ ...change, encoded: { ...encoded, newValue: { sum: 1 } } })).toBe('{"sum":1}')
  expect(held({ ...change, encoded: { ...encoded, serde: jsonSerde() } })).toBe('{"sum":1}')
  expect(held(change)).toBe('{"sum":1}')
})
