import { expect, test } from 'vitest'
import type { FolderCall, JoinerCall, MapperCall, PredicateCall } from '../grammar/functions.ts'
import type { Cell } from './cell.ts'
import { flatRecordsOf, flatValuesOf } from './flats.ts'
import { folderOf } from './folders.ts'
import { joinerOf } from './joiners.ts'
import { mapperOf } from './mappers.ts'
import { predicateOf } from './predicates.ts'

const window = { key: 'k', startMs: 5, endMs: 15 }

const MAPPERS: readonly (readonly [MapperCall, key: Cell, value: Cell, result: Cell])[] = [
  [{ kind: 'key' }, 'k', 'v', 'k'],
  [{ kind: 'value' }, 'k', 'v', 'v'],
  [{ kind: 'constant', value: null }, 'k', 'v', undefined],
  [{ kind: 'constant', value: 7 }, undefined, undefined, 7],
  [{ kind: 'append', text: '!' }, 'k', 12, '12!'],
  [{ kind: 'append', text: '!' }, 'k', undefined, undefined],
  [{ kind: 'keyThenValue', separator: ':' }, 3, 'v', '3:v'],
  [{ kind: 'keyThenValue', separator: ':' }, undefined, 'v', undefined],
  [{ kind: 'keyThenValue', separator: ':' }, 'k', undefined, undefined],
  [{ kind: 'upper' }, 'k', 'straße', 'STRASSE'],
  [{ kind: 'length' }, 'k', 1234, 4],
  [{ kind: 'field', separator: '.', index: 1 }, 'k', 'a..c', ''],
  [{ kind: 'field', separator: '.', index: 3 }, 'k', 'a..c', undefined],
  [{ kind: 'fieldUnless', separator: ',', index: 0, nullWhen: 'a' }, 'k', 'a,b', undefined],
  [{ kind: 'fieldUnless', separator: ',', index: 1, nullWhen: 'a' }, 'k', 'a,b', 'b'],
  [{ kind: 'charOfKey', index: 1 }, 42, 'v', '2'],
  [{ kind: 'charOfValue', index: 5 }, 'k', 'v', undefined],
  [{ kind: 'toText' }, 'k', -3, '-3'],
  [{ kind: 'toNumber' }, 'k', '-12', -12],
  [{ kind: 'toNumber' }, 'k', '-0', 0],
  [{ kind: 'toNumber' }, 'k', '+12', 0],
  [{ kind: 'toNumber' }, 'k', '1234567890123456', 0],
  [{ kind: 'plus', amount: -2 }, 'k', 'x', -2],
  [{ kind: 'modulo', by: 3 }, 'k', -4, 2],
  [{ kind: 'modulo', by: 3 }, 'k', -3, 0],
  [{ kind: 'nullWhen', equals: 'v' }, 'k', 'v', undefined],
  [{ kind: 'nullWhen', equals: 1 }, 'k', '1', '1'],
  [{ kind: 'valueUnlessKey', nullWhenKey: 'k' }, 'k', 'v', undefined],
  [{ kind: 'valueUnlessKey', nullWhenKey: 'k' }, undefined, 'v', 'v'],
  [{ kind: 'windowedKeyText' }, window, 'v', '[k@5/15]'],
  [{ kind: 'windowedKeyInner' }, window, 'v', 'k'],
]

test.each(MAPPERS)('the mapper %j of key %j and value %j gives %j', (call, key, value, result) => {
  const mapper = mapperOf(call, { key: 'string', value: 'string' })
  expect(mapper.apply(key, value)).toBe(result)
})

const PREDICATES: readonly (readonly [PredicateCall, key: Cell, value: Cell, result: boolean])[] = [
  [{ kind: 'always' }, undefined, undefined, true],
  [{ kind: 'never' }, 'k', 'v', false],
  [{ kind: 'valueIsNull' }, 'k', undefined, true],
  [{ kind: 'valueEquals', value: 'v' }, 'k', 'v', true],
  [{ kind: 'valueEquals', value: 1 }, 'k', '1', false],
  [{ kind: 'valueEquals', value: null }, 'k', undefined, false],
  [{ kind: 'keyEquals', value: 'k' }, 'k', undefined, true],
  [{ kind: 'keyEquals', value: null }, undefined, 'v', false],
  [{ kind: 'valueContains', text: '2' }, 'k', 123, true],
  [{ kind: 'valueContains', text: '' }, 'k', undefined, false],
  [{ kind: 'valueAbove', limit: 9 }, 'k', '10', true],
  [{ kind: 'valueAbove', limit: 9 }, 'k', 9, false],
  [{ kind: 'valueAbove', limit: -1 }, 'k', undefined, false],
  [{ kind: 'lengthAbove', limit: 2 }, 'k', 123, true],
  [{ kind: 'lengthAbove', limit: 3 }, 'k', 123, false],
]

test.each(PREDICATES)(
  'the predicate %j of key %j and value %j is %j',
  (call, key, value, result) => {
    expect(predicateOf(call)(key, value)).toBe(result)
  },
)

const JOINERS: readonly (readonly [JoinerCall, left: Cell, right: Cell, result: Cell])[] = [
  [{ kind: 'concat', separator: '+', nullAs: 'none' }, 'a', undefined, 'a+none'],
  [{ kind: 'concat', separator: '+', nullAs: '', prefix: '(', suffix: ')' }, 1, 'b', '(1+b)'],
  [{ kind: 'left' }, undefined, 'b', undefined],
  [{ kind: 'right' }, 'a', 'b', 'b'],
  [{ kind: 'sum' }, undefined, '4', 4],
]

test.each(JOINERS)('the joiner %j of %j and %j gives %j', (call, left, right, result) => {
  expect(joinerOf(call, { left: 'string', right: 'string' }).apply(left, right)).toBe(result)
})

const FOLDERS: readonly (readonly [FolderCall, aggregate: Cell, value: Cell, result: Cell])[] = [
  [{ kind: 'appendWith', separator: '&' }, undefined, 2, 'null&2'],
  [{ kind: 'sum' }, '3', 4, 7],
  [{ kind: 'subtract' }, undefined, 4, -4],
  [{ kind: 'increment' }, 'x', 'y', 1],
  [{ kind: 'decrement' }, 3, 'y', 2],
  [{ kind: 'max' }, -3, undefined, 0],
  [{ kind: 'min' }, 3, 'y', 0],
  [{ kind: 'first' }, 'a', 'b', 'a'],
  [{ kind: 'last' }, 'a', 'b', 'b'],
  [{ kind: 'removeAll' }, 'a+b+a', 'a', '+b+'],
  [{ kind: 'removeAll' }, 'a+b', '', 'a+b'],
]

test.each(FOLDERS)('the folder %j of %j and %j gives %j', (call, aggregate, value, result) => {
  expect(folderOf(call)(aggregate, value)).toBe(result)
})

test('splitting keeps empty parts, and of nothing there is none', () => {
  const split = flatValuesOf({ kind: 'split', separator: ',' })
  expect(split(',a,,b')).toEqual(['', 'a', '', 'b'])
  expect(split('')).toEqual([''])
  expect(split(undefined)).toEqual([])
  expect(flatValuesOf({ kind: 'split', separator: '' })('ab')).toEqual(['a', 'b', ''])
})

test('repeating repeats nothing, too', () => {
  expect(flatValuesOf({ kind: 'repeat', times: 2 })(undefined)).toEqual([undefined, undefined])
  expect(flatRecordsOf({ kind: 'repeat', times: 0 })('k', 'v')).toEqual([])
})

test('splitting to keys gives a record a part, with the whole value', () => {
  const flat = flatRecordsOf({ kind: 'splitToKeys', separator: '-' })
  expect(flat('k', 'a-b')).toEqual([
    ['a', 'a-b'],
    ['b', 'a-b'],
  ])
})
