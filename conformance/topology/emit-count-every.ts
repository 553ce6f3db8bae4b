import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStore,
  keyValueStoreOf,
  longSerde,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type PunctuationType,
  stringSerde,
} from '#streams'
import type { Cell } from '../functions/cell.ts'

const COUNT = 'count'

/** Where the running total is kept, so that it survives a restart. */
export function countStore(index: number): KeyValueStoreSpec<string, number> {
  return keyValueStore({
    name: `emit-count-every-${index}`,
    keySerde: stringSerde,
    valueSerde: longSerde,
  })
}

/** Counts records; every punctuation emits the running total, with the punctuation's time. */
export function emitCount(plan: {
  readonly everyMs: number
  readonly clock: PunctuationType
  readonly store: KeyValueStoreSpec<string, number>
}): ProcessorSupplier<Cell, Cell, Cell, Cell> {
  return () => new EmitCount(plan)
}

class EmitCount implements Processor<Cell, Cell, Cell, Cell> {
  readonly #plan: Parameters<typeof emitCount>[0]
  #counts: KeyValueStore<string, number> | undefined

  constructor(plan: Parameters<typeof emitCount>[0]) {
    this.#plan = plan
  }

  init(context: ProcessorContext<Cell, Cell>): void {
    const { everyMs, clock, store } = this.#plan
    const counts = keyValueStoreOf(context, store)
    this.#counts = counts
    context.schedule(everyMs, clock, (timestampMs) => {
      context.forward({ key: COUNT, value: counts.get(COUNT) ?? 0, timestampMs, headers: [] })
    })
  }

  process(): void {
    this.#counts?.put(COUNT, (this.#counts.get(COUNT) ?? 0) + 1)
  }
}
