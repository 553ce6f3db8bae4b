import type { Change } from '../../change.ts'
import type { Processor, ProcessorSupplier, StreamRecord } from '../../processor.ts'
import type { ChangeContext } from '../table/table-node.ts'
import type { TableRows } from '../table/table-store.ts'
import type { AggregateTable, TableChanges } from './aggregate-table.ts'
import type { Fold } from './fold.ts'

/** Folds each record of a stream into the aggregate of its key, and hands on the change. */
export function streamAggregate<K, V, A>(
  table: AggregateTable<K, A>,
  fold: Fold<K, V, A>,
): ProcessorSupplier<K | undefined, V | undefined, K, Change<A>> {
  return () => new StreamAggregate(table, fold, (context) => table.changes(context))
}

/** As `streamAggregate`, for one of several groups that share a table; `cogroupChanges` comes after all of them. */
export function cogroupPart<K, V, A>(
  table: AggregateTable<K, A>,
  fold: Fold<K, V, A>,
): ProcessorSupplier<K | undefined, V | undefined, K, Change<A>> {
  return () => new StreamAggregate(table, fold, (context) => table.partChanges(context))
}

/** Hands on the changes that all groups made to the table that they share. */
export function cogroupChanges<K, A>(
  table: AggregateTable<K, A>,
): ProcessorSupplier<K, Change<A>, K, Change<A>> {
  return () => new CogroupChanges(table)
}

class CogroupChanges<K, A> implements Processor<K, Change<A>, K, Change<A>> {
  readonly #table: AggregateTable<K, A>
  #changes: TableChanges<K, A> | undefined

  constructor(table: AggregateTable<K, A>) {
    this.#table = table
  }

  init(context: ChangeContext<K, A>): void {
    this.#changes = this.#table.changes(context)
  }

  process(record: StreamRecord<K, Change<A>>): void {
    this.#changes?.forward(record, record.value)
  }
}

type OpenChanges<K, A> = (context: ChangeContext<K, A>) => TableChanges<K, A>

class StreamAggregate<K, V, A> implements Processor<K | undefined, V | undefined, K, Change<A>> {
  readonly #table: AggregateTable<K, A>
  readonly #fold: Fold<K, V, A>
  readonly #open: OpenChanges<K, A>
  #context: ChangeContext<K, A> | undefined
  #rows: TableRows<K, A> | undefined
  #changes: TableChanges<K, A> | undefined

  constructor(table: AggregateTable<K, A>, fold: Fold<K, V, A>, open: OpenChanges<K, A>) {
    this.#table = table
    this.#fold = fold
    this.#open = open
  }

  init(context: ChangeContext<K, A>): void {
    this.#context = context
    this.#rows = this.#table.rows(context)
    this.#changes = this.#open(context)
  }

  process(record: StreamRecord<K | undefined, V | undefined>): void {
    const [context, rows, changes] = [this.#context, this.#rows, this.#changes]
    if (context === undefined || rows === undefined || changes === undefined) return
    const { key, value, headers } = record
    if (key === undefined) {
      context.drop('null-key')
      return
    }
    if (value === undefined) {
      context.drop('null-value')
      return
    }
    const before = rows.get(key)
    const begun = before === undefined ? this.#fold.initial?.() : before.value
    const newValue = this.#fold.add(key, value, begun)
    const timestampMs =
      before === undefined ? record.timestampMs : Math.max(record.timestampMs, before.timestampMs)
    const put = rows.put(key, newValue, timestampMs)
    if (put === 'not-put') {
      context.drop('expired')
      return
    }
    // As in Kafka Streams, which hands out the initial value as the one before the first record, unless the record cache is on.
    const oldValue = changes.isCaching ? before?.value : begun
    const change = { newValue, oldValue, isLatest: put === 'latest' }
    changes.forward({ key, value, timestampMs, headers }, change)
  }
}
