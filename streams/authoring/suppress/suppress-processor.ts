import type { Change } from '../../change.ts'
import { StreamsError } from '../../errors.ts'
import type { Processor, ProcessorContext, StreamRecord } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { KeyValueStoreSpec } from '../../store.ts'
import { keyValueStoreOf } from '../stores.ts'
import { decodeHeld, type HeldUpdate } from './held-update.ts'
import { type HeldEntry, SuppressBuffer } from './suppress-buffer.ts'
import type { Suppressed } from './suppressed.ts'

export interface SuppressPlan<K, V> {
  readonly suppressed: Suppressed<K>
  /** An update leaves when its time is this far behind stream time, in ms. */
  readonly holdMs: number
  readonly store: KeyValueStoreSpec<Uint8Array, Uint8Array>
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

/** Holds updates back until their window closes, their time is up, or the buffer is full. */
export class SuppressProcessor<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #plan: SuppressPlan<K, V>
  #context: ProcessorContext<K, Change<V>> | undefined
  #buffer: SuppressBuffer | undefined

  constructor(plan: SuppressPlan<K, V>) {
    this.#plan = plan
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#context = context
    this.#buffer = SuppressBuffer.open(keyValueStoreOf(context, this.#plan.store))
    const { idleAfterMs } = this.#plan.suppressed
    if (idleAfterMs !== undefined)
      context.schedule(idleAfterMs, 'wall-clock', () => this.#closeIdle(idleAfterMs))
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const [context, buffer] = [this.#context, this.#buffer]
    if (context === undefined || buffer === undefined) return
    const isWindowed = this.#plan.suppressed.until === 'window-closes'
    if (isWindowed && endOf(record.key) <= buffer.status.closedMs) {
      context.drop('late')
      return
    }
    const streamTimeMs = Math.max(buffer.status.streamTimeMs, record.timestampMs)
    const heardAtMs = context.currentSystemTimeMs()
    buffer.heard({ streamTimeMs, heardAtMs, holdMs: this.#plan.holdMs })
    this.#hold(buffer, record)
    this.#emitDue(buffer, streamTimeMs)
    this.#relieve(buffer, context)
  }

  beforeCommit(): void {
    this.#buffer?.flush()
  }

  #hold(buffer: SuppressBuffer, record: StreamRecord<K, Change<V>>): void {
    const { suppressed, store, keySerde } = this.#plan
    const { key, value, timestampMs, headers } = record
    const timeMs = suppressed.until === 'window-closes' ? endOf(key) : timestampMs
    buffer.put(keySerde.serialize(store.name, key), timeMs, (before) => {
      const oldValue = this.#oldBytes(value, before)
      const prior = before === undefined ? oldValue : before.prior
      const newValue = this.#newBytes(value)
      return { timestampMs, prior, oldValue, newValue, headers }
    })
  }

  #emitDue(buffer: SuppressBuffer, streamTimeMs: number): void {
    const dueMs = streamTimeMs - this.#plan.holdMs
    if (buffer.minTimeMs > dueMs) return
    buffer.evictWhile(
      () => buffer.minTimeMs <= dueMs,
      (entry) => this.#emit(entry),
    )
  }

  #relieve(buffer: SuppressBuffer, context: ProcessorContext<K, Change<V>>): void {
    const { recordsMax, bytesMax, whenFull } = this.#plan.suppressed.buffer
    const isFull = () => buffer.status.records > recordsMax || buffer.status.bytes > bytesMax
    if (!isFull()) return
    if (whenFull === 'shut-down') {
      const { records, bytes } = buffer.status
      throw new StreamsError(
        'STREAMS_SUPPRESS_BUFFER_FULL',
        `the buffer holds ${records} of at most ${recordsMax} records and ${bytes} of at most ${bytesMax} bytes`,
        { node: context.nodeName, store: this.#plan.store.name, taskId: context.taskId },
        'Give it more room, or let it emit early (BufferConfig without shutDownWhenFull).',
      )
    }
    buffer.evictWhile(isFull, (entry) => this.#emit(entry))
  }

  /** Time goes on at the wall clock's pace from the last record. */
  #closeIdle(idleAfterMs: number): void {
    const [context, buffer] = [this.#context, this.#buffer]
    if (context === undefined || buffer === undefined || buffer.status.records === 0) return
    const { streamTimeMs, heardAtMs } = buffer.status
    const silentMs = context.currentSystemTimeMs() - heardAtMs
    if (silentMs < idleAfterMs) return
    this.#emitDue(buffer, streamTimeMs + silentMs)
    buffer.closed(streamTimeMs + silentMs - this.#plan.holdMs)
  }

  #emit(entry: HeldEntry): void {
    const { suppressed, store, keySerde } = this.#plan
    const { timestampMs, oldValue, newValue, headers } = decodeHeld(entry.held)
    // A window's result that is gone again was never told to anyone.
    if (newValue === null && suppressed.until === 'window-closes') return
    const key = keySerde.deserialize(store.name, entry.key)
    const value = {
      newValue: this.#decoded(newValue),
      oldValue: this.#decoded(oldValue),
      isLatest: true,
    }
    this.#context?.forward({ key, value, timestampMs, headers })
  }

  /** A store right above has just written it. */
  #newBytes({ newValue, encoded }: Change<V>): Uint8Array | null {
    const isWritten =
      encoded?.serde === this.#plan.valueSerde && Object.is(encoded.newValue, newValue)
    return isWritten ? encoded.newBytes : this.#encoded(newValue)
  }

  /** As a rule what was held as new before: its bytes again, if the store above has read the same. */
  #oldBytes({ oldValue, encoded }: Change<V>, before: HeldUpdate | undefined): Uint8Array | null {
    const known = before?.newValue
    const isKnown =
      known !== undefined &&
      known !== null &&
      encoded?.oldBytes !== undefined &&
      encoded.serde === this.#plan.valueSerde &&
      Object.is(encoded.oldValue, oldValue) &&
      areSame(encoded.oldBytes, known)
    return isKnown ? known : this.#encoded(oldValue)
  }

  #encoded(value: V | undefined): Uint8Array | null {
    const { store, valueSerde } = this.#plan
    return value === undefined || value === null ? null : valueSerde.serialize(store.name, value)
  }

  #decoded(bytes: Uint8Array | null): V | undefined {
    return bytes === null
      ? undefined
      : this.#plan.valueSerde.deserialize(this.#plan.store.name, bytes)
  }
}

function areSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  if (one.byteOffset === other.byteOffset && one.buffer === other.buffer) return true
  return Buffer.compare(one, other) === 0
}

/** The builder accepts windowed keys only. */
function endOf(key: unknown): number {
  return (key as { readonly endMs: number }).endMs
}
