import type { Processor, ProcessorContext, ProcessorSupplier, PunctuationType } from '#streams'
import type { Cell } from '../functions/cell.ts'

/** Counts records; every punctuation emits the running total, with the punctuation's time. */
export function emitCount(
  everyMs: number,
  clock: PunctuationType,
): ProcessorSupplier<Cell, Cell, Cell, Cell> {
  return () => new EmitCount(everyMs, clock)
}

class EmitCount implements Processor<Cell, Cell, Cell, Cell> {
  readonly #everyMs: number
  readonly #clock: PunctuationType
  #count = 0

  constructor(everyMs: number, clock: PunctuationType) {
    this.#everyMs = everyMs
    this.#clock = clock
  }

  init(context: ProcessorContext<Cell, Cell>): void {
    context.schedule(this.#everyMs, this.#clock, (timestampMs) => {
      context.forward({ key: 'count', value: this.#count, timestampMs, headers: [] })
    })
  }

  process(): void {
    this.#count++
  }
}
