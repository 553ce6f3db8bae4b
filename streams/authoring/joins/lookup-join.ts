import type { Header } from '../../log/log.ts'
import type {
  DropReason,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type { KeyValueStoreSpec } from '../../store.ts'
import { keyValueStoreOf } from '../stores.ts'
import { JoinBuffer } from './join-buffer.ts'
import type { BufferedEntry, BufferedKey } from './join-buffer-serdes.ts'
import { isPresent } from './presence.ts'

/** Finds the row of a record, in the stores that the node is connected to. */
export type RowLookup<KRow, Row> = (key: KRow, timestampMs: number) => Row | undefined

export interface LookupJoinPlan<K, V, KRow, Row, VOut> {
  readonly lookup: (context: ProcessorContext<K, VOut>) => RowLookup<KRow, Row>
  /** Which row a record is joined with. */
  readonly rowKey: (key: K, value: NonNullable<V>) => KRow | undefined
  readonly withoutRowKey: DropReason
  readonly pair: (value: NonNullable<V>, row: Row, key: K) => VOut
  /** Of a left join: what becomes of a record without a row. */
  readonly alone: ((value: NonNullable<V>, key: K) => VOut) | undefined
  readonly buffer: LookupBuffer<K, V> | undefined
}

export interface LookupBuffer<K, V> {
  readonly store: KeyValueStoreSpec<BufferedKey<K>, BufferedEntry<V>>
  readonly graceMs: number
}

/** Joins each record with the row that holds, at once or when its grace is over. The result's time is the record's. */
export function lookupJoin<K, V, KRow, Row, VOut>(
  plan: LookupJoinPlan<K, V, KRow, Row, VOut>,
): ProcessorSupplier<K, V, K, VOut> {
  return () => new LookupJoin(plan)
}

class LookupJoin<K, V, KRow, Row, VOut> implements Processor<K, V, K, VOut> {
  readonly #plan: LookupJoinPlan<K, V, KRow, Row, VOut>
  #context: ProcessorContext<K, VOut> | undefined
  #lookup: RowLookup<KRow, Row> | undefined
  #buffer: JoinBuffer<K, V> | undefined

  constructor(plan: LookupJoinPlan<K, V, KRow, Row, VOut>) {
    this.#plan = plan
  }

  init(context: ProcessorContext<K, VOut>): void {
    const { lookup, buffer } = this.#plan
    this.#context = context
    this.#lookup = lookup(context)
    if (buffer !== undefined) {
      const time = context.observedTime(buffer.store.name)
      const store = keyValueStoreOf(context, buffer.store)
      this.#buffer = new JoinBuffer(store, time, buffer.graceMs)
    }
  }

  process(record: StreamRecord<K, V>): void {
    const { key, value } = record
    const { rowKey, withoutRowKey, alone } = this.#plan
    if (!isPresent(value)) this.#context?.drop('null-value')
    else if (isPresent(rowKey(key, value))) this.#joinOrHold(record)
    else if (alone === undefined) this.#context?.drop(withoutRowKey)
    // There is no row to wait for.
    else this.#forward(key, alone(value, key), record.timestampMs, record.headers)
  }

  #joinOrHold(record: StreamRecord<K, V>): void {
    if (this.#buffer?.put(record)) this.#buffer.evict(this.#join)
    else this.#join(record.key, record.value, record.timestampMs, record.headers)
  }

  readonly #join = (key: K, value: V, timestampMs: number, headers: readonly Header[]): void => {
    if (!isPresent(value)) return
    const { rowKey, pair, alone } = this.#plan
    const wanted = rowKey(key, value)
    const row = isPresent(wanted) ? this.#lookup?.(wanted, timestampMs) : undefined
    if (row !== undefined) this.#forward(key, pair(value, row, key), timestampMs, headers)
    else if (alone !== undefined) this.#forward(key, alone(value, key), timestampMs, headers)
  }

  #forward(key: K, value: VOut, timestampMs: number, headers: readonly Header[]): void {
    this.#context?.forward({ key, value, timestampMs, headers })
  }
}
