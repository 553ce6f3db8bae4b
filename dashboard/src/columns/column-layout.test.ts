import { expect, test } from 'vitest'
import {
  type ColumnLayout,
  type LaidOutColumn,
  layoutOf,
  leastWidth,
  shownColumns,
  standardLayout,
  tracks,
  withMoved,
  withToggled,
  withWidth,
} from './column-layout.ts'

const COLUMNS: readonly LaidOutColumn[] = [
  { id: 'name', title: 'Name', width: 100, share: 1, isKept: true },
  { id: 'bid', title: 'Bid', width: 80, share: 0 },
  { id: 'ask', title: 'Ask', width: 80 },
  { id: 'note', title: 'Note', width: 60, isHidden: true },
]
const STANDARD = standardLayout(COLUMNS)
const ids = (layout: ColumnLayout) => layout.columns.join(' ')

test('a table comes with what is not hidden, sharing the room there is', () => {
  expect(STANDARD).toEqual({ columns: ['name', 'bid', 'ask'], widths: {} })
  expect(tracks(COLUMNS.slice(0, 3), {})).toBe('minmax(100px, 1fr) 80px minmax(80px, 80fr)')
  expect(leastWidth(COLUMNS.slice(0, 3), {})).toBe(260)
})

test.each([
  ['bid', 'name ask'],
  ['note', 'name bid ask note'],
])('%s is hidden, or shown as the last', (id, shown) => {
  expect(ids(withToggled(STANDARD, id))).toBe(shown)
})

test('the last column stays', () => {
  const one = { columns: ['bid'], widths: {} }
  expect(withToggled(one, 'bid')).toBe(one)
})

test.each([
  ['name', 1, 'bid name ask'],
  ['ask', -1, 'name ask bid'],
  ['name', -1, 'name bid ask'],
  ['ask', 1, 'name bid ask'],
  ['note', -1, 'name bid ask'],
] as const)('%s moved by %i: %s', (id, by, order) => {
  expect(ids(withMoved(STANDARD, id, by))).toBe(order)
})

test('a width that is given makes the others stand where they are', () => {
  const onScreen = { name: 300, bid: 80, ask: 120 }
  const wider = withWidth(STANDARD, 'bid', 95.6, onScreen)
  expect(wider.widths).toEqual({ name: 300, bid: 96, ask: 120 })
  expect(tracks(COLUMNS, wider.widths)).toBe('300px 96px 120px 60px')
  expect(leastWidth(COLUMNS, wider.widths)).toBe(576)
  // What was given before is not measured again: a scroll bar would take from it.
  expect(withWidth(wider, 'ask', 130, { ...onScreen, bid: 1 }).widths).toEqual({
    name: 300,
    bid: 96,
    ask: 130,
  })
})

test.each([
  [-500, 32],
  [9_999, 1_200],
])('a width of %i is one of %i', (width, bounded) => {
  expect(withWidth(STANDARD, 'bid', width, {}).widths['bid']).toBe(bounded)
})

test('what is not there any more is left out; what cannot be hidden is there in any case', () => {
  expect(shownColumns(COLUMNS, ['ask', 'gone', 'bid']).map(({ id }) => id)).toEqual([
    'name',
    'ask',
    'bid',
  ])
  expect(shownColumns(COLUMNS, ['ask', 'name']).map(({ id }) => id)).toEqual(['ask', 'name'])
})

test.each([
  [null, undefined],
  ['text', undefined],
  [{ columns: 'name' }, undefined],
  [{ columns: [] }, undefined],
  [{ columns: ['bid', 4, 'bid'] }, { columns: ['bid'], widths: {} }],
  [
    { columns: ['bid'], widths: { bid: 90, ask: '7', name: 1e9, note: -1 } },
    { columns: ['bid'], widths: { bid: 90 } },
  ],
])('of %j what can be understood is read', (kept, layout) => {
  expect(layoutOf(kept)).toEqual(layout)
})
