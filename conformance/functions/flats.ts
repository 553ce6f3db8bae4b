import type { FlatRecordsCall, FlatValuesCall } from '../grammar/functions.ts'
import { type Cell, splitText, text } from './cell.ts'

export function flatValuesOf(call: FlatValuesCall): (value: Cell) => Cell[] {
  switch (call.kind) {
    case 'repeat':
      return (value) => new Array<Cell>(call.times).fill(value)
    case 'split':
      return (value) => (value === undefined ? [] : splitText(text(value), call.separator))
  }
}

export function flatRecordsOf(call: FlatRecordsCall): (key: Cell, value: Cell) => [Cell, Cell][] {
  switch (call.kind) {
    case 'repeat':
      return (key, value) => new Array<[Cell, Cell]>(call.times).fill([key, value])
    case 'splitToKeys':
      return (_key, value) =>
        value === undefined
          ? []
          : splitText(text(value), call.separator).map((part) => [part, value])
  }
}
