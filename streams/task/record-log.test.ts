import { expect, test } from 'vitest'
import type { LogFields, Logger } from '../logger.ts'
import { silentLogger } from '../logger.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { RecordLog } from './record-log.ts'

const LETTER = {
  topology: 'orders',
  node: 'validate',
  code: 'PRICE_OFF_GRID',
  what: 'a price between two ticks',
  topic: 'orders.commands.v1',
  partition: 3,
  offset: 9,
  key: Buffer.from('acme|o-1'),
  taskId: '0_3',
}

test('the first dead letter is said at once, with all that it takes to find it', () => {
  const { log, lines } = watched()
  log.add(LETTER)
  expect(lines).toEqual([{ ...LETTER, key: 'acme|o-1', count: 1 }])
})

test('a flood of one kind is one line every ten seconds, with a count and the latest place', () => {
  const { log, lines, clock } = watched()
  for (let offset = 0; offset < 250; offset += 1) {
    log.add({ ...LETTER, offset })
    clock.advance(100)
  }
  expect(lines.map(({ offset, count }) => [offset, count])).toEqual([
    [0, 1],
    [100, 100],
    [200, 100],
  ])
})

test('codes and nodes are counted apart', () => {
  const { log, lines } = watched()
  for (const code of ['A', 'B', 'A']) log.add({ ...LETTER, code })
  log.add({ ...LETTER, code: 'A', node: 'enrich' })
  expect(lines.map(({ code, node }) => [code, node])).toEqual([
    ['A', 'validate'],
    ['B', 'validate'],
    ['A', 'enrich'],
  ])
})

test('what was held back is said at a later commit, and only once', () => {
  const { log, lines, clock } = watched()
  log.add(LETTER)
  log.add({ ...LETTER, offset: 10 })
  clock.advance(9_999)
  log.sayDue()
  expect(lines).toHaveLength(1)
  clock.advance(1)
  log.sayDue()
  clock.advance(60_000)
  log.sayDue()
  expect(lines.map(({ offset, count }) => [offset, count])).toEqual([
    [9, 1],
    [10, 1],
  ])
})

test('closing says what was held back', () => {
  const { log, lines } = watched()
  for (const offset of [9, 10, 11]) log.add({ ...LETTER, offset })
  log.close()
  expect(lines.map(({ offset, count }) => [offset, count])).toEqual([
    [9, 1],
    [11, 2],
  ])
})

test('a record without a key, and one with a long key, fit a line', () => {
  const { log, lines } = watched()
  log.add({ ...LETTER, key: null })
  log.add({ ...LETTER, code: 'OTHER', key: Buffer.alloc(5_000, 'x') })
  expect(lines[0]).not.toHaveProperty('key')
  expect(String(lines[1]?.['key'])).toHaveLength(203)
})

function watched() {
  const lines: LogFields[] = []
  const logger: Logger = { ...silentLogger, warn: (fields) => lines.push(fields) }
  const clock = new ManualClock()
  return {
    log: new RecordLog(logger, clock, 'records were dropped; this is the latest'),
    lines,
    clock,
  }
}
