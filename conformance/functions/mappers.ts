import type { MapperCall } from '../grammar/functions.ts'
import { type Cell, cellOf, number, splitText, text } from './cell.ts'
import { type CellType, innerType, typeOfLiteral } from './cell-type.ts'

/** A function of (key, value) with the type of what it gives. */
export interface Mapper {
  readonly apply: (key: Cell, value: Cell) => Cell
  readonly type: CellType
}

export function mapperOf(call: MapperCall, types: { key: CellType; value: CellType }): Mapper {
  switch (call.kind) {
    case 'key':
      return { apply: (key) => key, type: types.key }
    case 'value':
      return { apply: (_key, value) => value, type: types.value }
    case 'constant': {
      const constant = cellOf(call.value)
      return { apply: () => constant, type: typeOfLiteral(call.value) }
    }
    case 'append':
      return textOfValue((value) => text(value) + call.text)
    case 'keyThenValue':
      return {
        apply: (key, value) =>
          key === undefined || value === undefined
            ? undefined
            : text(key) + call.separator + text(value),
        type: 'string',
      }
    case 'upper':
      return textOfValue((value) => text(value).toUpperCase())
    case 'length':
      return longOfValue((value) => text(value).length)
    case 'field':
      return textOfValue((value) => splitText(text(value), call.separator)[call.index])
    case 'fieldUnless':
      return textOfValue((value) => {
        const field = splitText(text(value), call.separator)[call.index]
        return field === call.nullWhen ? undefined : field
      })
    case 'charOfKey':
      return { apply: (key) => charAt(key, call.index), type: 'string' }
    case 'charOfValue':
      return { apply: (_key, value) => charAt(value, call.index), type: 'string' }
    case 'toText':
      return textOfValue(text)
    case 'toNumber':
      return longOfValue(number)
    case 'plus':
      return longOfValue((value) => number(value) + call.amount)
    case 'modulo':
      return longOfValue((value) => floorModulo(number(value), call.by))
    case 'nullWhen': {
      const unwanted = cellOf(call.equals)
      return {
        apply: (_key, value) => (value === unwanted ? undefined : value),
        type: types.value,
      }
    }
    case 'valueUnlessKey':
      return {
        apply: (key, value) => (key === call.nullWhenKey ? undefined : value),
        type: types.value,
      }
    case 'windowedKeyText':
      return { apply: (key) => (key === undefined ? undefined : text(key)), type: 'string' }
    case 'windowedKeyInner':
      return {
        apply: (key) => (typeof key === 'object' ? key.key : key),
        type: innerType(types.key),
      }
  }
}

function textOfValue(map: (value: Cell) => string | undefined): Mapper {
  return { apply: (_key, value) => (value === undefined ? undefined : map(value)), type: 'string' }
}

function longOfValue(map: (value: Cell) => number): Mapper {
  return { apply: (_key, value) => (value === undefined ? undefined : map(value)), type: 'long' }
}

function charAt(cell: Cell, index: number): string | undefined {
  if (cell === undefined) return undefined
  return text(cell)[index]
}

/** The remainder that has the divisor's sign; never minus zero. */
function floorModulo(dividend: number, divisor: number): number {
  return (((dividend % divisor) + divisor) % divisor) + 0
}
