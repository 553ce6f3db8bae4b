import type { AvroType } from './avro-type.ts'
import { ByteSlab } from './byte-slab.ts'

/** Writes records of one type behind a constant prefix, in place into shared slabs. */
export class PrefixedWriter {
  readonly #type: AvroType
  readonly #prefix: Uint8Array
  readonly #slab = new ByteSlab()

  constructor(type: AvroType, prefix: Uint8Array) {
    this.#type = type
    this.#prefix = prefix
  }

  /** @throws what avsc throws of a value that does not fit */
  write(value: unknown): Uint8Array {
    const slab = this.#slab
    const prefix = this.#prefix
    for (;;) {
      const { buffer, position } = slab
      const room = buffer.length - position
      const end = room < 64 ? -1 : this.#type.encode(value, buffer, position + prefix.length)
      if (end >= 0) {
        for (let at = 0; at < prefix.length; at++) buffer[position + at] = prefix[at] as number
        return slab.take(end)
      }
      slab.grow(position === 0 ? buffer.length * 2 : buffer.length)
    }
  }
}
