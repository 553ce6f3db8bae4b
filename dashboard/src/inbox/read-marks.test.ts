import { expect, test } from 'vitest'
import { isRead, NOTHING_READ, parseMarks, withRead } from './read-marks.ts'

const item = (id: number) => ({
  notificationId: `N-${id}`,
  raisedAt: new Date(Date.UTC(2026, 10, 21, 12, 0, id)).toISOString(),
})

test('what is marked is read, and nothing else, also what comes late', () => {
  const marks = withRead(NOTHING_READ, [item(5), item(7)], [item(5), item(6), item(7)])
  expect([4, 5, 6, 7, 8].map((id) => isRead(marks, item(id)))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ])
  expect(withRead(marks, [item(5)], [item(5)])).toEqual(marks)
})

test('of very many read ones the earlier are kept as a time', () => {
  const items = Array.from({ length: 1_200 }, (_, i) => item(i))
  const marks = withRead(NOTHING_READ, items, items)
  expect(marks.ids).toHaveLength(500)
  expect(items.every((one) => isRead(marks, one))).toBe(true)
  expect(isRead(marks, item(1_200))).toBe(false)
})

test.each([null, '', '{}', '[]', '{"until":1,"ids":[]}', '{"until":"","ids":"N-1"}'])(
  'what is kept as %j says that nothing is read',
  (kept) => {
    expect(parseMarks(kept)).toEqual(NOTHING_READ)
  },
)

test('what is kept is read back', () => {
  const marks = withRead(NOTHING_READ, [item(1)], [item(1)])
  expect(parseMarks(JSON.stringify(marks))).toEqual(marks)
})
