import type { Change } from '../../change.ts'
import type { Processor, ProcessorSupplier, StreamRecord } from '../../processor.ts'
import type { ChangeContext } from '../table/table-node.ts'

/** What a row of a table counts under, and as what. Nothing, or without key or value: the row is in no group. */
export type RowMapper<K, V, K2, V2> = (
  key: K,
  value: V,
) => readonly [key: K2 | undefined, value: V2 | undefined] | undefined

export interface GroupRowsOptions<K, V, K2, V2> {
  readonly mapper: RowMapper<K, V, K2, V2>
  readonly sameKey: (left: K2, right: K2) => boolean
  /** Of a versioned table, updates that are older than the latest are left alone. */
  readonly isVersioned: boolean
}

/**
 * Says which group a changed row leaves and which it enters. One change where it stays in its group; else the subtraction from the old
 * group goes before the addition to the new one.
 */
export function groupRows<K, V, K2, V2>(
  options: GroupRowsOptions<K, V, K2, V2>,
): ProcessorSupplier<K, Change<V>, K2, Change<V2>> {
  return () => new GroupRows(options)
}

class GroupRows<K, V, K2, V2> implements Processor<K, Change<V>, K2, Change<V2>> {
  readonly #options: GroupRowsOptions<K, V, K2, V2>
  #context: ChangeContext<K2, V2> | undefined

  constructor(options: GroupRowsOptions<K, V, K2, V2>) {
    this.#options = options
  }

  init(context: ChangeContext<K2, V2>): void {
    this.#context = context
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { newValue, oldValue, isLatest } = record.value
    if (this.#options.isVersioned && !isLatest) return
    const left = this.#grouped(record.key, oldValue)
    const entered = this.#grouped(record.key, newValue)
    if (left !== undefined && entered !== undefined && this.#options.sameKey(left[0], entered[0])) {
      this.#forward(record, entered[0], { newValue: entered[1], oldValue: left[1], isLatest })
      return
    }
    if (left !== undefined) {
      this.#forward(record, left[0], { newValue: undefined, oldValue: left[1], isLatest })
    }
    if (entered !== undefined) {
      this.#forward(record, entered[0], { newValue: entered[1], oldValue: undefined, isLatest })
    }
  }

  #grouped(key: K, value: V | undefined): readonly [K2, V2] | undefined {
    if (value === undefined) return undefined
    const mapped = this.#options.mapper(key, value)
    if (mapped === undefined) return undefined
    const [groupKey, groupValue] = mapped
    return groupKey === undefined || groupValue === undefined ? undefined : [groupKey, groupValue]
  }

  #forward(record: StreamRecord<K, unknown>, key: K2, value: Change<V2>): void {
    const { timestampMs, headers } = record
    this.#context?.forward({ key, value, timestampMs, headers })
  }
}
