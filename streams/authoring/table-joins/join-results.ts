import type { Change } from '../../change.ts'
import type { Processor, ProcessorSupplier, StreamRecord } from '../../processor.ts'
import { ChangeForwarder } from '../table/change-forwarder.ts'
import type { ChangeContext } from '../table/table-node.ts'
import { type TableRows, type TableStoreSpec, tableRows } from '../table/table-store.ts'

export interface ResultsOfJoin<K, R> {
  /** Undefined: nobody keeps the results. */
  readonly store: TableStoreSpec<K, R> | undefined
  readonly caching: boolean | undefined
  readonly sendsOldValues: () => boolean
}

/** The results of both sides as the changes of one table, which may have a store. */
export function joinResults<K, R>(
  results: ResultsOfJoin<K, R>,
): ProcessorSupplier<K, Change<R>, K, Change<R>> {
  const { store, caching } = results
  return () =>
    store === undefined
      ? new PassedResults<K, R>(results.sendsOldValues())
      : new KeptResults(store, { caching, sendsOldValues: results.sendsOldValues() })
}

class PassedResults<K, R> implements Processor<K, Change<R>, K, Change<R>> {
  readonly #sendsOldValues: boolean
  #context: ChangeContext<K, R> | undefined

  constructor(sendsOldValues: boolean) {
    this.#sendsOldValues = sendsOldValues
  }

  init(context: ChangeContext<K, R>): void {
    this.#context = context
  }

  process(record: StreamRecord<K, Change<R>>): void {
    if (this.#sendsOldValues) {
      this.#context?.forward(record)
      return
    }
    const { key, value, timestampMs, headers } = record
    const change = { ...value, oldValue: undefined }
    this.#context?.forward({ key, value: change, timestampMs, headers })
  }
}

class KeptResults<K, R> implements Processor<K, Change<R>, K, Change<R>> {
  readonly #spec: TableStoreSpec<K, R>
  readonly #caching: boolean | undefined
  readonly #sendsOldValues: boolean
  #rows: TableRows<K, R> | undefined
  #changes: ChangeForwarder<K, R> | undefined

  constructor(
    spec: TableStoreSpec<K, R>,
    options: { readonly caching: boolean | undefined; readonly sendsOldValues: boolean },
  ) {
    this.#spec = spec
    this.#caching = spec.kind === 'versioned' ? false : options.caching
    this.#sendsOldValues = options.sendsOldValues
  }

  init(context: ChangeContext<K, R>): void {
    this.#rows = tableRows(context, this.#spec)
    this.#changes = new ChangeForwarder(context, {
      store: this.#spec,
      caching: this.#caching,
      sendsOldValues: this.#sendsOldValues,
    })
  }

  process(record: StreamRecord<K, Change<R>>): void {
    const [rows, changes] = [this.#rows, this.#changes]
    if (rows === undefined || changes === undefined) return
    const { key, value: change, timestampMs } = record
    // What waits for the commit replaces what the store held, whichever side it came from; else the sides know what they replaced.
    const oldValue = changes.isCaching ? rows.get(key)?.value : change.oldValue
    const put = rows.put(key, change.newValue, timestampMs)
    if (put === 'not-put') return
    changes.forward(record, { newValue: change.newValue, oldValue, isLatest: put === 'latest' })
  }
}
