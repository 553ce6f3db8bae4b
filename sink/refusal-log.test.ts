import { expect, test } from 'vitest'
import type { LogFields } from '#streams'
import { RefusalLog } from './refusal-log.ts'

test('the first refusal is told at once, the next of its topic and code after 10 s with their number', () => {
  const lines: LogFields[] = []
  const log = new RefusalLog((fields, refused) => lines.push({ ...fields, refused }))
  const said = () =>
    lines.splice(0).map(({ topic, code, offset, refused }) => [topic, code, offset, refused])
  log.note({ topic: 'a', code: 'X', offset: 1 }, 1, 0)
  log.note({ topic: 'a', code: 'X', offset: 2 }, 3, 1)
  log.note({ topic: 'a', code: 'Y', offset: 3 }, 1, 2)
  log.note({ topic: 'b', code: 'X', offset: 4 }, 1, 3)
  expect(said()).toEqual([
    ['a', 'X', 1, 1],
    ['a', 'Y', 3, 1],
    ['b', 'X', 4, 1],
  ])
  log.note({ topic: 'a', code: 'X', offset: 5 }, 2, 9_999)
  log.flush(9_999)
  expect(said()).toEqual([])
  log.flush(10_000)
  expect(said()).toEqual([['a', 'X', 5, 5]])
  log.flush(20_000)
  expect(said()).toEqual([])
  log.note({ topic: 'a', code: 'X', offset: 6 }, 1, 20_001)
  log.note({ topic: 'a', code: 'X', offset: 7 }, 1, 20_002)
  log.flush(Number.POSITIVE_INFINITY)
  expect(said()).toEqual([
    ['a', 'X', 6, 1],
    ['a', 'X', 7, 1],
  ])
})
