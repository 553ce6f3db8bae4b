import { describe, expect, test } from 'vitest'
import type { FeedDepth, Level } from '#avro'
import { BOOK_LEVELS_MAX, Book } from './book.ts'
import { depthsOf, feedDepth, normaliseAll, seeded } from './fixtures/feed.ts'

type Sides = Pick<FeedDepth, 'bids' | 'asks'>

const levels = (text: string): Level[] =>
  text === ''
    ? []
    : text.split(' ').map((each) => {
        const [price = '', size = ''] = each.split('x')
        return { price: Number(price), size: Number(size) }
      })

const sides = (bids: string, asks = ''): Sides => ({ bids: levels(bids), asks: levels(asks) })

const bookOf = () => new Book({ updateId: 0, complete: false })

/** Applies depth messages in order, with what normalising made of them. */
function apply(
  book: Book,
  ...messages: readonly [at: number, message: Partial<FeedDepth>][]
): void {
  for (const depth of depthsOf(normaliseAll(messages.map(([at, more]) => feedDepth(at, more)))))
    book.apply(depth)
}

const full = (lastUpdateId: number, content: Sides): Partial<FeedDepth> => ({
  snapshot: true,
  firstUpdateId: lastUpdateId,
  lastUpdateId,
  ...content,
})
const update = (lastUpdateId: number, content: Sides): Partial<FeedDepth> => ({
  firstUpdateId: lastUpdateId,
  lastUpdateId,
  ...content,
})

describe('a book', () => {
  test('shows the best levels first on both sides', () => {
    const book = bookOf()
    apply(book, [0, full(5, sides('9x1 10x2 8x3', '12x1 11x2'))])
    expect(book.bids).toEqual(levels('10x2 9x1 8x3'))
    expect(book.asks).toEqual(levels('11x2 12x1'))
  })

  test('follows updates: a new size, a new level, a level gone', () => {
    const book = bookOf()
    apply(book, [0, full(5, sides('10x2 9x1'))], [1, update(6, sides('10x7 9.5x4 9x0'))])
    expect(book.bids).toEqual(levels('10x7 9.5x4'))
  })

  test('passes over an update that it contains already', () => {
    const book = bookOf()
    apply(book, [0, full(5, sides('10x2'))], [1, update(5, sides('10x9'))])
    expect(book.bids).toEqual(levels('10x2'))
  })

  test('is made of updates until a full one comes, which keeps what updates after it said', () => {
    const book = bookOf()
    apply(
      book,
      [0, update(5, sides('10x5 9x5'))],
      [1, update(8, sides('10x8 7x0'))],
      [2, full(6, sides('10x6 9x6 8x6 7x6'))],
    )
    expect(book.bids).toEqual(levels('10x8 9x6 8x6'))
    expect(book.updateId).toBe(8)
  })

  test('keeps to itself when a late full one is behind it, and begins anew when ids do', () => {
    const book = bookOf()
    apply(book, [10, full(50, sides('10x1'))], [9, full(49, sides('3x1'))])
    expect(book.bids).toEqual(levels('10x1'))
    apply(book, [11, full(2, sides('4x1'))])
    expect(book.bids).toEqual(levels('4x1'))
    expect(book.updateId).toBe(2)
  })

  test('forgets the worst levels beyond its bound', () => {
    const book = bookOf()
    const many = Array.from({ length: BOOK_LEVELS_MAX + 1 }, (_, i) => ({ price: i + 1, size: 1 }))
    const [depth] = depthsOf(normaliseAll([feedDepth(0, full(1, { bids: many, asks: [] }))]))
    const changes = depth === undefined ? [] : book.apply(depth)
    expect(changes.at(-1)).toEqual({ side: 'B', price: 1, kept: undefined })
    expect(book.bids[0]?.price).toBe(BOOK_LEVELS_MAX + 1)
  })
})

test.each([1, 2, 3])(
  'equals a naive book, and one made anew of what was written, seed %i',
  (seed) => {
    const random = seeded(seed)
    const book = bookOf()
    const naive = { B: new Map<number, number>(), A: new Map<number, number>() }
    const written = new Map<
      string,
      { side: 'B' | 'A'; price: number; size: number; updateId: number }
    >()
    const some = (count: number) =>
      Array.from({ length: count }, () => ({
        price: 100 + Math.floor(random() * 40),
        size: random() < 0.4 ? 0 : Math.ceil(random() * 9),
      }))
    for (let id = 1; id <= 500; id++) {
      const snapshot = id === 1 || random() < 0.02
      const message = {
        bids: some(snapshot ? 30 : 4),
        asks: some(snapshot ? 30 : 4),
        firstUpdateId: id,
        lastUpdateId: id,
        snapshot,
      }
      const [depth] = depthsOf(normaliseAll([feedDepth(id, message)]))
      if (depth === undefined) throw new Error('refused')
      for (const { side, price, kept } of book.apply(depth)) {
        if (kept === undefined) written.delete(`${side}${price}`)
        else written.set(`${side}${price}`, { side, price, ...kept })
      }
      for (const [side, own] of [
        ['B', depth.bids],
        ['A', depth.asks],
      ] as const) {
        if (snapshot) naive[side].clear()
        for (const { price, size } of own) {
          if (size === 0) naive[side].delete(price)
          else naive[side].set(price, size)
        }
      }
      const top = (side: 'B' | 'A', direction: number) =>
        [...naive[side]]
          .sort(([left], [right]) => (left - right) * direction)
          .slice(0, 10)
          .map(([price, size]) => ({ price, size }))
      expect([id, book.bids, book.asks]).toEqual([id, top('B', -1), top('A', 1)])
    }
    const again = new Book({ updateId: book.updateId, complete: book.complete })
    for (const { side, price, size, updateId } of written.values())
      again.restore(side, price, { size, updateId })
    expect([again.bids, again.asks]).toEqual([book.bids, book.asks])
  },
)
