import type { JoinerCall } from '../grammar/functions.ts'
import { type Cell, number, text } from './cell.ts'
import type { CellType } from './cell-type.ts'

/** A function of (left, right) with the type of what it gives. */
export interface Joiner {
  readonly apply: (left: Cell, right: Cell) => Cell
  readonly type: CellType
}

export function joinerOf(call: JoinerCall, types: { left: CellType; right: CellType }): Joiner {
  switch (call.kind) {
    case 'concat': {
      const { prefix = '', suffix = '', separator, nullAs } = call
      const side = (cell: Cell) => (cell === undefined ? nullAs : text(cell))
      return {
        apply: (left, right) => prefix + side(left) + separator + side(right) + suffix,
        type: 'string',
      }
    }
    case 'left':
      return { apply: (left) => left, type: types.left }
    case 'right':
      return { apply: (_left, right) => right, type: types.right }
    case 'sum':
      return { apply: (left, right) => number(left) + number(right), type: 'long' }
  }
}
