import type { FolderCall } from '../grammar/functions.ts'
import { type Cell, number, text } from './cell.ts'

/** (aggregate so far, value) to the new aggregate: adders, subtractors, reducers and mergers of sessions. */
export type Folder = (aggregate: Cell, value: Cell) => Cell

export function folderOf(call: FolderCall): Folder {
  switch (call.kind) {
    case 'appendWith':
      return (aggregate, value) => text(aggregate) + call.separator + text(value)
    case 'sum':
      return (aggregate, value) => number(aggregate) + number(value)
    case 'subtract':
      return (aggregate, value) => number(aggregate) - number(value)
    case 'increment':
      return (aggregate) => number(aggregate) + 1
    case 'decrement':
      return (aggregate) => number(aggregate) - 1
    case 'max':
      return (aggregate, value) => Math.max(number(aggregate), number(value))
    case 'min':
      return (aggregate, value) => Math.min(number(aggregate), number(value))
    case 'first':
      return (aggregate) => aggregate
    case 'last':
      return (_aggregate, value) => value
    case 'removeAll':
      return (aggregate, value) => text(aggregate).replaceAll(text(value), '')
  }
}
