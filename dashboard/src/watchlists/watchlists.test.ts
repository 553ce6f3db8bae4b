import { expect, test } from 'vitest'
import { bookKey, readBook, writeBook } from './book-storage.ts'
import {
  ALL_ID,
  addInstrument,
  checkName,
  createList,
  deleteList,
  EMPTY_BOOK,
  INSTRUMENTS_PER_LIST_MAX,
  moveInstrument,
  moveList,
  openList,
  pinnedFirst,
  removeInstrument,
  renameList,
  togglePin,
  type WatchlistBook,
} from './watchlists.ts'

const names = (book: WatchlistBook) => book.lists.map((list) => list.name)
const instruments = (book: WatchlistBook, id = 'list-1') =>
  book.lists.find((list) => list.id === id)?.instrumentIds

function filled(...ids: readonly string[]): WatchlistBook {
  return ids.reduce((book, id) => addInstrument(book, 'list-1', id), createList(EMPTY_BOOK, 'Mine'))
}

test('a new list is open, and its id is never one that is in use', () => {
  let book = createList(createList(EMPTY_BOOK, 'One'), 'Two')
  book = createList(deleteList(book, 'list-1'), 'Three')
  expect(book.lists.map((list) => list.id)).toEqual(['list-2', 'list-3'])
  expect(book.activeId).toBe('list-3')
})

test('names are trimmed, not empty, not too long, and not there twice; a list may keep its own', () => {
  const book = createList(EMPTY_BOOK, 'Majors')
  expect(checkName(book, '  My   list ')).toEqual({ name: 'My list' })
  expect(checkName(book, ' ')).toHaveProperty('refusal')
  expect(checkName(book, 'x'.repeat(41))).toHaveProperty('refusal')
  expect(checkName(book, 'majors')).toHaveProperty('refusal')
  expect(checkName(book, 'majors', 'list-1')).toEqual({ name: 'majors' })
  expect(names(renameList(book, 'list-1', 'Crosses'))).toEqual(['Crosses'])
})

test('lists move past their neighbours and stop at the ends', () => {
  const book = createList(createList(createList(EMPTY_BOOK, 'A'), 'B'), 'C')
  expect(names(moveList(book, 'list-1', 1))).toEqual(['B', 'A', 'C'])
  expect(names(moveList(book, 'list-3', 1))).toEqual(['A', 'B', 'C'])
  expect(names(moveList(book, 'list-1', -1))).toEqual(['A', 'B', 'C'])
})

test('deleting the open list opens its neighbour, the last one opens all', () => {
  let book = createList(createList(createList(EMPTY_BOOK, 'A'), 'B'), 'C')
  book = deleteList(openList(book, 'list-2'), 'list-2')
  expect(book.activeId).toBe('list-3')
  book = deleteList(book, 'list-3')
  expect(book.activeId).toBe('list-1')
  expect(deleteList(book, 'list-1').activeId).toBe(ALL_ID)
})

test('an instrument is in a list once, can be taken off, and a full list takes no more', () => {
  expect(instruments(filled('A', 'B', 'A'))).toEqual(['A', 'B'])
  expect(instruments(removeInstrument(filled('A', 'B'), 'list-1', 'A'))).toEqual(['B'])
  const full = filled(...Array.from({ length: INSTRUMENTS_PER_LIST_MAX }, (_, i) => `I${i}`))
  expect(instruments(addInstrument(full, 'list-1', 'MORE'))?.length).toBe(INSTRUMENTS_PER_LIST_MAX)
})

test('an instrument moves past the next one that is pinned as it is', () => {
  const book = togglePin(filled('A', 'B', 'C', 'D'), 'B')
  expect(instruments(moveInstrument(book, 'list-1', 'A', 1))).toEqual(['C', 'B', 'A', 'D'])
  expect(instruments(moveInstrument(book, 'list-1', 'B', 1))).toEqual(['A', 'B', 'C', 'D'])
  expect(instruments(moveInstrument(book, 'list-1', 'A', -1))).toEqual(['A', 'B', 'C', 'D'])
  expect(instruments(moveInstrument(book, 'list-1', 'NOT', 1))).toEqual(['A', 'B', 'C', 'D'])
})

test('pinned instruments lead, in the order of the list', () => {
  const book = togglePin(togglePin(EMPTY_BOOK, 'D'), 'B')
  expect(pinnedFirst(['A', 'B', 'C', 'D'], book.pinned)).toEqual(['B', 'D', 'A', 'C'])
  expect(togglePin(book, 'D').pinned).toEqual(['B'])
})

test('a book that was kept is read again; what cannot be understood is left out', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
  const key = bookKey('demo', 'trader')
  expect(readBook(storage, key)).toEqual(EMPTY_BOOK)
  const book = togglePin(filled('A', 'B'), 'A')
  expect(writeBook(storage, key, book)).toBe(true)
  expect(readBook(storage, key)).toEqual(book)
  expect(readBook(storage, bookKey('other', 'trader'))).toEqual(EMPTY_BOOK)
  for (const broken of [
    '{',
    '7',
    '{"lists":7,"pinned":[1],"activeId":2}',
    '{"lists":[{"id":1}]}',
  ]) {
    kept.set(key, broken)
    expect(readBook(storage, key)).toEqual(EMPTY_BOOK)
  }
})
