import { expect, test } from 'vitest'
import { Arrangement, type Sort } from './arrangement.ts'
import { readViews, withSaved, writeViews } from './blotter-view.ts'
import type { Column } from './column.ts'
import { toCsv } from './csv.ts'
import { type Filters, filterText, rowMatcher, valueCounts } from './filters.ts'
import { RowLayout } from './row-layout.ts'

interface Deal {
  readonly id: string
  readonly size: number | null
  readonly side: string
}

const COLUMNS: readonly Column<Deal>[] = [
  { id: 'id', title: 'Id', kind: 'text', width: 80, value: (deal) => deal.id },
  { id: 'size', title: 'Size', unit: 'USD', kind: 'number', width: 80, value: (deal) => deal.size },
  { id: 'side', title: 'Side', kind: 'set', width: 80, value: (deal) => deal.side },
]

const deal = (id: string, size: number | null, side = 'BUY'): Deal => ({ id, size, side })

const order = (sort: Sort, filters: Filters = {}, search = '') => ({
  columns: COLUMNS,
  sort,
  matches: rowMatcher(COLUMNS, filters, search),
})

const UP: Sort = { column: 'size', direction: 1 }
const DOWN: Sort = { column: 'size', direction: -1 }

test.each([
  [UP, 'a b c d'],
  [DOWN, 'c b a d'],
])('rows sort by %j; those without a value are last', (sort, expected) => {
  const arrangement = new Arrangement<Deal>((row) => row.id, order(sort))
  arrangement.replace([deal('d', null), deal('b', 2), deal('c', 3), deal('a', 1)])
  expect(arrangement.shown.map(({ id }) => id).join(' ')).toBe(expected)
})

test('changes of a few rows arrive at the order that sorting all of them would give', () => {
  const arrangement = new Arrangement<Deal>(
    (row) => row.id,
    order(UP, { side: { kind: 'set', values: ['BUY'] } }),
  )
  const rows = new Map<string, Deal>()
  let seed = 7
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let step = 0; step < 300; step += 1) {
    const changed = Array.from({ length: 1 + next(4) }, () =>
      deal(`d${next(60)}`, next(9) === 0 ? null : next(20), next(3) === 0 ? 'SELL' : 'BUY'),
    )
    for (const one of changed) rows.set(one.id, one)
    arrangement.upsert(changed)
  }
  const anew = new Arrangement<Deal>(
    (row) => row.id,
    order(UP, { side: { kind: 'set', values: ['BUY'] } }),
  )
  anew.replace(rows.values())
  expect(arrangement.shown).toEqual(anew.shown)
  expect(arrangement.size).toBe(rows.size)
  expect(arrangement.shown.length).toBeGreaterThan(10)
})

test('a change of some rows among 100,000 looks at a few of the others', () => {
  let looks = 0
  const columns: readonly Column<Deal>[] = [
    {
      id: 'size',
      title: 'Size',
      kind: 'number',
      width: 80,
      value: (row) => {
        looks += 1
        return row.size
      },
    },
  ]
  const arrangement = new Arrangement<Deal>((row) => row.id, {
    columns,
    sort: DOWN,
    matches: () => true,
  })
  arrangement.replace(Array.from({ length: 100_000 }, (_, i) => deal(`d${i}`, i % 977)))
  looks = 0
  arrangement.upsert([deal('d37', 5), deal('d74', 6), deal('new', 500)])
  expect(looks).toBeLessThan(300)
  expect(arrangement.shown.length).toBe(100_001)
})

test.each<[string, Filters, string, string]>([
  ['nothing', {}, '', 'a1 a2 b3'],
  ['a search over all texts, each word', {}, 'A buy', 'a1'],
  ['values', { side: { kind: 'set', values: ['SELL'] } }, '', 'a2 b3'],
  ['no values', { side: { kind: 'set', values: [] } }, '', ''],
  ['a range with both ends', { size: { kind: 'range', from: 1, to: 2 } }, '', 'a1 a2'],
  [
    'one end; what has no value is out',
    { size: { kind: 'range', from: null, to: 9 } },
    '',
    'a1 a2',
  ],
  ['words in a column', { id: { kind: 'text', contains: 'B' } }, '', 'b3'],
])('filters by %s', (_, filters, search, expected) => {
  const rows = [deal('a1', 1), deal('a2', 2, 'SELL'), deal('b3', null, 'SELL')]
  const matches = rowMatcher(COLUMNS, filters, search)
  expect(
    rows
      .filter(matches)
      .map(({ id }) => id)
      .join(' '),
  ).toBe(expected)
})

test('a filter says what it does, and the values to choose from have counts', () => {
  const [, size, side] = COLUMNS as [Column<Deal>, Column<Deal>, Column<Deal>]
  expect(filterText(size, { kind: 'range', from: 5, to: null }, String)).toBe('Size from 5')
  expect(filterText(side, { kind: 'set', values: ['BUY', ''] }, String)).toBe('Side: BUY, none')
  const rows = [deal('a', 1), deal('b', 2, 'SELL'), deal('c', 2, 'SELL')]
  expect(valueCounts(rows, side)).toEqual([
    ['SELL', 2],
    ['BUY', 1],
  ])
})

test('CSV quotes what must be quoted, and no cell begins a formula', () => {
  const rows = [
    deal('=HYPERLINK("x")', -5),
    deal('+1, or so', 1.5),
    deal('@cmd', null),
    deal('-2+3', 1),
    deal('two\nlines', 1),
  ]
  expect(toCsv(COLUMNS, rows)).toBe(
    [
      '\uFEFFId,Size (USD),Side',
      '"\'=HYPERLINK(""x"")",-5,BUY',
      '"\'+1, or so",1.5,BUY',
      "'@cmd,,BUY",
      "'-2+3,1,BUY",
      '"two\nlines",1,BUY',
      '',
    ].join('\r\n'),
  )
})

const LAYOUT = new RowLayout(100, 20, [
  { index: 1, height: 50 },
  { index: 4, height: 30 },
])

test.each([
  [0, 0],
  [1, 20],
  [2, 90],
  [4, 130],
  [5, 180],
  [100, 2_080],
])('row %i stands at %i, below what expanded rows show', (index, top) => {
  expect(LAYOUT.topOf(index)).toBe(top)
})

test.each([
  [0, 40, 0, { from: 0, to: 2 }],
  [45, 20, 0, { from: 1, to: 2 }],
  [90, 20, 0, { from: 2, to: 4 }],
  [1_980, 100, 2, { from: 93, to: 100 }],
])('scrolled to %i, %i high, with %i around: %j', (scrollTop, viewHeight, around, expected) => {
  expect(LAYOUT.inView(scrollTop, viewHeight, around)).toEqual(expected)
})

test('without rows none are in view', () => {
  expect(new RowLayout(0, 20, []).inView(0, 100, 4)).toEqual({ from: 0, to: 0 })
})

test('views are kept and read again; what cannot be understood is dropped', () => {
  const texts = new Map<string, string>()
  const storage = {
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, value: string) => void texts.set(key, value),
  }
  const view = {
    sort: DOWN,
    columns: ['id', 'size'],
    widths: { size: 90 },
    filters: { side: { kind: 'set' as const, values: ['BUY'] } },
  }
  const kept = withSaved({ current: view, saved: [] }, '  Mine ', view)
  writeViews(storage, 'k', kept)
  expect(readViews(storage, 'k')).toEqual({ current: view, saved: [{ name: 'Mine', view }] })
  expect(withSaved(kept, 'Mine', view).saved.length).toBe(1)
  expect(withSaved(kept, ' ', view)).toBe(kept)

  texts.set('k', '{"current":{"sort":1},"saved":[{"name":"x"},4],"more":1}')
  expect(readViews(storage, 'k')).toEqual({ current: undefined, saved: [] })
  texts.set('k', 'no json')
  expect(readViews(storage, 'k').saved).toEqual([])
})
