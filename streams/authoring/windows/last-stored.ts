import type { EncodedChange } from '../../change.ts'
import type { Header } from '../../log/log.ts'
import type { Serde } from '../../serde.ts'
import { TIME_BYTES, timestampedSerde } from '../../serdes.ts'
import type { ValueAndTimestamp } from '../../store.ts'

/**
 * The serde of a windowed aggregate's store, which knows what it read and wrote last: a node below that keeps the same values need not write
 * them again. What it knows is good within one update, from `forget` on.
 */
export class LastStored<A> {
  readonly serde: Serde<ValueAndTimestamp<A>>
  readonly #valueSerde: Serde<A>
  #read: ValueAndTimestamp<A> | undefined
  #readBytes: Uint8Array | undefined
  #written: ValueAndTimestamp<A> | undefined
  #writtenBytes: Uint8Array | undefined

  constructor(valueSerde: Serde<A>) {
    const over = timestampedSerde(valueSerde)
    this.#valueSerde = valueSerde
    this.serde = {
      ...over,
      serialize: (topic, stored) => {
        const bytes = over.serialize(topic, stored)
        this.#written = stored
        this.#writtenBytes = bytes
        return bytes
      },
      deserialize: (topic: string, bytes: Uint8Array, headers?: readonly Header[]) => {
        const stored = over.deserialize(topic, bytes, headers)
        this.#read = stored
        this.#readBytes = bytes
        return stored
      },
    }
  }

  /** Before the store is asked. */
  forget(): void {
    this.#read = undefined
    this.#written = undefined
  }

  /**
   * What was read as `before` and written as `after`; undefined when nothing was written, as of an expired window. A value that was changed in
   * place has no bytes from before.
   */
  encoded(
    before: ValueAndTimestamp<A> | undefined,
    after: ValueAndTimestamp<A> | undefined,
  ): EncodedChange | undefined {
    const [readBytes, writtenBytes] = [this.#readBytes, this.#writtenBytes]
    if (after === undefined || this.#written !== after || writtenBytes === undefined)
      return undefined
    const isRead =
      before !== undefined && this.#read === before && !Object.is(before.value, after.value)
    return {
      serde: this.#valueSerde,
      newValue: after.value,
      newBytes: writtenBytes.subarray(TIME_BYTES),
      oldValue: before?.value,
      oldBytes: isRead ? readBytes?.subarray(TIME_BYTES) : undefined,
    }
  }
}
