import { expect, test } from 'vitest'
import type { FailedRecord } from './failed-record.ts'
import { ScheduleDecoder, ScheduleEncoder } from './schedule-format.ts'
import type { InputPosition, ScheduledTransaction } from './transaction-schedule.ts'

const PLACE = { topic: 'app-schedule', partition: 0, offset: 7, taskId: '0_0' }

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Transactions of one task as a run would record them, with starts in between. */
function transactions(seed: number, count: number): ScheduledTransaction[] {
  const next = random(seed)
  const below = (bound: number) => Math.floor(next() * bound)
  const wide = () => (below(4) === 0 ? Math.floor(next() * 2 ** 50) : below(300))
  const places = (topic: string, most: number) =>
    Array.from({ length: below(most + 1) }, (_, partition) => ({ topic, partition }))
  let inputs: InputPosition[] = []
  let globals: InputPosition[] = []
  let readingMs = 1_700_000_000_000
  let sequence = 0
  let prior = 0
  const moved = (positions: readonly InputPosition[]) =>
    positions.map((one) => (below(2) === 0 ? one : { ...one, offset: one.offset + wide() }))
  return Array.from({ length: count }, (_, each) => {
    const isStart = each === 0 || below(9) === 0
    readingMs += below(100) - 50
    if (isStart) {
      inputs = [...places('in', 2), { topic: 'in-üñ', partition: 0 }].map((place) => ({
        ...place,
        offset: wide(),
      }))
      globals = places('global', 3).map((place) => ({ ...place, offset: wide() }))
      sequence = 0
    }
    const start = isStart
      ? {
          topology: 'abcdef0123456789',
          readingMs,
          wallClockDueMs: Array.from({ length: below(3) }, () => readingMs + below(99) - 9),
          inputs: inputs.map((one) => ({
            ...one,
            metadata: below(2) === 0 ? undefined : `2:${wide()}`,
          })),
          globalPositions: globals,
          recordCaches: below(2) === 0,
          recordBytesMax: 1_000_000,
          isFresh: below(2) === 0,
        }
      : undefined
    const before = inputs.reduce((sum, { offset }) => sum + offset, 0)
    const batches = Array.from({ length: below(5) }, () => {
      readingMs += below(1_000) - 5
      inputs = moved(inputs)
      if (below(3) > 0) return { readingMs, positions: inputs, globalPositions: undefined }
      globals = moved(globals)
      return { readingMs, positions: inputs, globalPositions: globals }
    })
    const taken = inputs.reduce((sum, { offset }) => sum + offset, 0) - before
    const flush = below(4) === 0
    if (flush) globals = moved(globals)
    const priorOffsets = isStart || below(3) === 0 ? [] : Array.from({ length: prior }, wide)
    const outputs = Array.from({ length: below(4) }, (_unused, index) => ({
      topic: `out-${index}`,
      partition: below(3),
      records: 1 + wide(),
    }))
    prior = outputs.length
    return {
      sequence: sequence++,
      start,
      batches,
      inputRecords: Math.max(0, taken - below(3)),
      flushGlobalPositions: flush ? globals : undefined,
      failures: below(6) === 0 ? [failed(below(100))] : [],
      outputs,
      priorOffsets,
    }
  })
}

function failed(offset: number): FailedRecord {
  const cause = { code: 'BAD', what: 'it is "bad"', remedy: 'mend it' }
  const place = { topic: 'in', partition: 0, offset }
  const times = { firstFailedMs: 1, lastFailedMs: 2 }
  const tried = { attempts: 3, decision: 'continue', stage: 'processing', node: 'sum' } as const
  return { ...place, ...times, ...tried, cause, stack: undefined }
}

function encoded(given: readonly ScheduledTransaction[]): Uint8Array[] {
  const encoder = new ScheduleEncoder()
  return given.map((transaction) => encoder.encode(transaction))
}

test('what was written is read again, whatever it was', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const given = transactions(seed, 30)
    const decoder = new ScheduleDecoder()
    const read = encoded(given).map((bytes) => decoder.decode(bytes, PLACE))
    expect(read, `seed ${seed}`).toEqual(given)
  }
})

test('a usual transaction takes few bytes', () => {
  const encoder = new ScheduleEncoder()
  const base = { flushGlobalPositions: undefined, failures: [], start: undefined }
  const positions = (offset: number) => [{ topic: 'in', partition: 0, offset }]
  const start = {
    topology: 'abcdef0123456789',
    readingMs: 1_700_000_000_000,
    wallClockDueMs: [],
    inputs: [{ topic: 'in', partition: 0, offset: 0, metadata: undefined }],
    globalPositions: [],
    recordCaches: true,
    recordBytesMax: 1_000_000,
    isFresh: true,
  }
  const sizes = Array.from({ length: 100 }, (_, each) => {
    const batch = { readingMs: start.readingMs + each * 100, globalPositions: undefined }
    return encoder.encode({
      ...base,
      start: each === 0 ? start : undefined,
      batches: [{ ...batch, positions: positions((each + 1) * 900) }],
      inputRecords: 900,
      outputs: [{ topic: 'out', partition: 0, records: 900 }],
      priorOffsets: each === 0 ? [] : [each * 900],
    }).byteLength
  })
  expect(sizes[0]).toBeLessThan(80)
  expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(20)
})

test('damage is told with what is wrong and where, never read as something else', () => {
  const given = transactions(5, 12)
  const bytes = encoded(given)
  const last = bytes.at(-1) ?? new Uint8Array()
  const decoded = (damaged: Uint8Array) => {
    const decoder = new ScheduleDecoder()
    for (const one of bytes.slice(0, -1)) decoder.decode(one, PLACE)
    return decoder.decode(damaged, PLACE)
  }
  for (let length = 0; length < last.byteLength; length++)
    expect(() => decoded(last.subarray(0, length)), `${length} bytes`).toThrow(
      /STREAMS_SCHEDULE_CORRUPT.*app-schedule-0@7, task 0_0/,
    )
  expect(() => decoded(Uint8Array.of(...last, 0))).toThrow('1 bytes are left over')
  expect(() => decoded(Uint8Array.of(9, ...last.subarray(1)))).toThrow('it has version 9')
  expect(() => decoded(Uint8Array.of(1, 255, 255, 255, 255, 255, 255, 255, 255, 255))).toThrow(
    'a number does not end',
  )
})

test('a record that is missing is noticed', () => {
  const given = transactions(3, 4).map((one, index) =>
    index === 0 ? one : { ...one, start: undefined, sequence: index },
  )
  const [first, , third] = encoded(given)
  const decoder = new ScheduleDecoder()
  decoder.decode(first ?? new Uint8Array(), PLACE)
  expect(() => decoder.decode(third ?? new Uint8Array(), PLACE)).toThrow(
    /STREAMS_SCHEDULE_GAP: transaction 2 follows where 1 should be/,
  )
})
