import type { Processor, ProcessorContext, ProcessorSupplier, StreamRecord } from '../processor.ts'

type Handle<KIn, VIn, KOut, VOut> = (
  record: StreamRecord<KIn, VIn>,
  context: ProcessorContext<KOut, VOut>,
) => void

/** A processor of one function and no state: what the stateless operators are made of. */
export function stateless<KIn, VIn, KOut, VOut>(
  handle: Handle<KIn, VIn, KOut, VOut>,
): ProcessorSupplier<KIn, VIn, KOut, VOut> {
  return () => new StatelessProcessor(handle)
}

class StatelessProcessor<KIn, VIn, KOut, VOut> implements Processor<KIn, VIn, KOut, VOut> {
  readonly #handle: Handle<KIn, VIn, KOut, VOut>
  #context: ProcessorContext<KOut, VOut> | undefined

  constructor(handle: Handle<KIn, VIn, KOut, VOut>) {
    this.#handle = handle
  }

  init(context: ProcessorContext<KOut, VOut>): void {
    this.#context = context
  }

  process(record: StreamRecord<KIn, VIn>): void {
    if (this.#context !== undefined) this.#handle(record, this.#context)
  }
}

export function filterValues<K, V>(keep: (key: K, value: V) => boolean) {
  return stateless<K, V, K, V>((record, context) => {
    if (keep(record.key, record.value)) context.forward(record)
  })
}

export function mapRecords<K, V, K2, V2>(mapper: (key: K, value: V) => readonly [K2, V2]) {
  return stateless<K, V, K2, V2>((record, context) => {
    const [key, value] = mapper(record.key, record.value)
    context.forward(withKeyAndValue(record, key, value))
  })
}

export function mapRecordValues<K, V, V2>(mapper: (value: V, key: K) => V2) {
  return stateless<K, V, K, V2>((record, context) => {
    context.forward(withKeyAndValue(record, record.key, mapper(record.value, record.key)))
  })
}

export function flatMapRecords<K, V, K2, V2>(
  mapper: (key: K, value: V) => Iterable<readonly [K2, V2]>,
) {
  return stateless<K, V, K2, V2>((record, context) => {
    for (const [key, value] of mapper(record.key, record.value)) {
      context.forward(withKeyAndValue(record, key, value))
    }
  })
}

export function flatMapRecordValues<K, V, V2>(mapper: (value: V, key: K) => Iterable<V2>) {
  return stateless<K, V, K, V2>((record, context) => {
    for (const value of mapper(record.value, record.key)) {
      context.forward(withKeyAndValue(record, record.key, value))
    }
  })
}

export function selectRecordKey<K, V, K2>(selector: (key: K, value: V) => K2) {
  return stateless<K, V, K2, V>((record, context) => {
    context.forward(withKeyAndValue(record, selector(record.key, record.value), record.value))
  })
}

export function peekRecords<K, V>(action: (key: K, value: V) => void) {
  return stateless<K, V, K, V>((record, context) => {
    action(record.key, record.value)
    context.forward(record)
  })
}

export function endRecords<K, V>(action: (key: K, value: V) => void) {
  return stateless<K, V, never, never>((record) => action(record.key, record.value))
}

export function passRecords<K, V>() {
  return stateless<K, V, K, V>((record, context) => context.forward(record))
}

export interface BranchRule<K, V> {
  readonly child: string
  /** A method: a stream of a narrower type stands for one of a wider type, its branches included. */
  accepts(key: K, value: V): boolean
}

/** To the first branch that accepts. The rules grow while branches are declared, and are complete before a task runs. */
export function branchRecords<K, V>(rules: readonly BranchRule<K, V>[]) {
  return stateless<K, V, K, V>((record, context) => {
    for (const rule of rules) {
      if (rule.accepts(record.key, record.value)) {
        context.forward(record, rule.child)
        return
      }
    }
  })
}

function withKeyAndValue<K, V>(
  record: StreamRecord<unknown, unknown>,
  key: K,
  value: V,
): StreamRecord<K, V> {
  return { key, value, timestampMs: record.timestampMs, headers: record.headers }
}
