import type { Change } from '../../change.ts'
import type { Processor, ProcessorSupplier, StreamRecord } from '../../processor.ts'
import type { ChangeContext, TableView, TableViewSupplier } from '../table/table-node.ts'
import { type JoinSide, joinedChange } from './join-side.ts'

export interface UpdatesJoin<K, V, VOther, R> {
  readonly side: JoinSide<V, VOther, R>
  readonly other: TableViewSupplier<K, VOther>
  /** This side is versioned: what is older than its latest row does not change the result. */
  readonly isVersioned: boolean
  /** Asked when a task begins: an operator below may have wanted them by then. */
  readonly sendsOldValues: () => boolean
}

/** Joins each update of one table with the row that the other holds. Its time is the later of both. */
export function joinUpdates<K, V, VOther, R>(
  join: UpdatesJoin<K, V, VOther, R>,
): ProcessorSupplier<K, Change<V>, K, Change<R>> {
  return () => new UpdateJoiner(join)
}

class UpdateJoiner<K, V, VOther, R> implements Processor<K, Change<V>, K, Change<R>> {
  readonly #join: UpdatesJoin<K, V, VOther, R>
  readonly #sendsOldValues: boolean
  #context: ChangeContext<K, R> | undefined
  #other: TableView<K, VOther> | undefined

  constructor(join: UpdatesJoin<K, V, VOther, R>) {
    this.#join = join
    this.#sendsOldValues = join.sendsOldValues()
  }

  init(context: ChangeContext<K, R>): void {
    this.#context = context
    this.#other = this.#join.other.view(context)
  }

  process({ key, value: change, timestampMs, headers }: StreamRecord<K, Change<V>>): void {
    if (key === undefined) {
      this.#context?.drop('null-key')
      return
    }
    if (this.#join.isVersioned && !change.isLatest) {
      this.#context?.drop('out-of-order')
      return
    }
    const other = this.#other?.get(key)
    const value = joinedChange(this.#join.side, change, other?.value, this.#sendsOldValues)
    if (value === undefined) return
    const laterMs = other === undefined ? timestampMs : Math.max(timestampMs, other.timestampMs)
    this.#context?.forward({ key, value, timestampMs: laterMs, headers })
  }
}
