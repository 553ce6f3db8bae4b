import { expect, test } from 'vitest'
import { jsonSerde } from '../../serdes.ts'
import { LastStored } from './last-stored.ts'

interface Sum {
  readonly sum: number
}

const json = jsonSerde<Sum>()
const at = (sum: number) => ({ value: { sum }, timestampMs: 7 })
const bytesOf = (value: Sum) => json.serialize('', value)

function readAndWritten(before = at(1), after = at(2)) {
  const last = new LastStored(json)
  last.forget()
  const read = last.serde.deserialize('', last.serde.serialize('', before))
  last.serde.serialize('', after)
  return { last, read, after }
}

test('the bytes of what a store has just read and written', () => {
  const { last, read, after } = readAndWritten()
  const encoded = last.encoded(read, after)
  expect(encoded).toEqual({
    serde: json,
    newValue: { sum: 2 },
    newBytes: bytesOf({ sum: 2 }),
    oldValue: { sum: 1 },
    oldBytes: bytesOf({ sum: 1 }),
  })
  expect(encoded?.newValue).toBe(after.value)
  expect(encoded?.oldValue).toBe(read.value)
})

test('nothing of what was not written: an expired window, a removal, another update', () => {
  const { last, read, after } = readAndWritten()
  expect(last.encoded(read, at(2))).toBeUndefined()
  expect(last.encoded(read, undefined)).toBeUndefined()
  last.forget()
  expect(last.encoded(read, after)).toBeUndefined()
})

test('no bytes of an old value that was not read, or changed in place', () => {
  const { last, read, after } = readAndWritten()
  expect(last.encoded(undefined, after)?.oldBytes).toBeUndefined()
  expect(last.encoded(at(1), after)?.oldBytes).toBeUndefined()
  const inPlace = { ...read, timestampMs: 9 }
  last.serde.serialize('', inPlace)
  expect(last.encoded(read, inPlace)).toMatchObject({ oldBytes: undefined })
})
