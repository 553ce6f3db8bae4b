import type { Change } from '../../change.ts'
import type { Processor, ProcessorSupplier, StreamRecord } from '../../processor.ts'
import type { ChangeContext } from '../table/table-node.ts'
import type { TableRows } from '../table/table-store.ts'
import type { AggregateTable, TableChanges } from './aggregate-table.ts'
import type { ReversibleFold } from './fold.ts'

/** Takes the old value of each changed row out of the aggregate of its group, folds the new one in, and hands on the change. */
export function tableAggregate<K, V, A>(
  table: AggregateTable<K, A>,
  fold: ReversibleFold<K, V, A>,
): ProcessorSupplier<K, Change<V>, K, Change<A>> {
  return () => new TableAggregate(table, fold)
}

class TableAggregate<K, V, A> implements Processor<K, Change<V>, K, Change<A>> {
  readonly #table: AggregateTable<K, A>
  readonly #fold: ReversibleFold<K, V, A>
  #context: ChangeContext<K, A> | undefined
  #rows: TableRows<K, A> | undefined
  #changes: TableChanges<K, A> | undefined

  constructor(table: AggregateTable<K, A>, fold: ReversibleFold<K, V, A>) {
    this.#table = table
    this.#fold = fold
  }

  init(context: ChangeContext<K, A>): void {
    this.#context = context
    this.#rows = this.#table.rows(context)
    this.#changes = this.#table.changes(context)
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const [context, rows, changes] = [this.#context, this.#rows, this.#changes]
    if (context === undefined || rows === undefined || changes === undefined) return
    const { key, value, headers } = record
    const before = rows.get(key)
    const newValue = this.#updated(key, value, before?.value)
    const timestampMs =
      before === undefined ? record.timestampMs : Math.max(record.timestampMs, before.timestampMs)
    const put = rows.put(key, newValue, timestampMs)
    if (put === 'not-put') {
      context.drop('expired')
      return
    }
    const change = { newValue, oldValue: before?.value, isLatest: put === 'latest' }
    changes.forward({ key, value, timestampMs, headers }, change)
  }

  #updated(key: K, change: Change<V>, before: A | undefined): A | undefined {
    const { newValue, oldValue } = change
    const { add, subtract } = this.#fold
    const rest =
      oldValue === undefined || before === undefined ? before : subtract(key, oldValue, before)
    return newValue === undefined ? rest : add(key, newValue, rest)
  }
}
