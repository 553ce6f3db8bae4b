import type { PredicateCall } from '../grammar/functions.ts'
import { type Cell, cellOf, number, text } from './cell.ts'

export type Predicate = (key: Cell, value: Cell) => boolean

export function predicateOf(call: PredicateCall): Predicate {
  switch (call.kind) {
    case 'always':
      return () => true
    case 'never':
      return () => false
    case 'valueIsNull':
      return (_key, value) => value === undefined
    case 'valueEquals': {
      const wanted = cellOf(call.value)
      return (_key, value) => value !== undefined && value === wanted
    }
    case 'keyEquals': {
      const wanted = cellOf(call.value)
      return (key) => key !== undefined && key === wanted
    }
    case 'valueContains':
      return (_key, value) => value !== undefined && text(value).includes(call.text)
    case 'valueAbove':
      return (_key, value) => value !== undefined && number(value) > call.limit
    case 'lengthAbove':
      return (_key, value) => value !== undefined && text(value).length > call.limit
  }
}
