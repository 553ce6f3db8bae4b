import {
  type BookLevel,
  causedEvent,
  type MarketDepthReceived,
  type SnapshotState,
  type SnapshotsEnvelope,
  type TicksEnvelope,
} from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import type { CountUnder } from '../metrics/count-by.ts'
import { Book, type BookSide } from './book.ts'
import { type SnapshotCause, snapshotCounts } from './counts.ts'
import { afterDepth, afterTick, NO_SNAPSHOT, snapshotOf, type TopOfBook } from './snapshot.ts'

export interface SnapshotOptions {
  readonly topology: string
  readonly snapshots: KeyValueStoreSpec<string, SnapshotState>
  /** By `key|side|price`. */
  readonly levels: KeyValueStoreSpec<string, BookLevel>
}

/** One snapshot for every tick and depth message; none for a heartbeat. */
export function updateSnapshots(
  options: SnapshotOptions,
): ProcessorSupplier<string, TicksEnvelope, string, SnapshotsEnvelope> {
  return () => new UpdateSnapshots(options)
}

class UpdateSnapshots implements Processor<string, TicksEnvelope, string, SnapshotsEnvelope> {
  readonly #options: SnapshotOptions
  readonly #books = new Map<string, Book>()
  #context: ProcessorContext<string, SnapshotsEnvelope> | undefined
  #snapshots: KeyValueStore<string, SnapshotState> | undefined
  #levels: KeyValueStore<string, BookLevel> | undefined
  #count: CountUnder<SnapshotCause> | undefined
  #maker = { producer: '', node: '' }

  constructor(options: SnapshotOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, SnapshotsEnvelope>): void {
    this.#context = context
    this.#count = snapshotCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#snapshots = keyValueStoreOf(context, this.#options.snapshots)
    this.#levels = keyValueStoreOf(context, this.#options.levels)
    this.#readBooks(this.#levels, this.#snapshots)
  }

  process(record: StreamRecord<string, TicksEnvelope>): void {
    const { key, value: event } = record
    if (event.eventType === 'MarketHeartbeatReceived') return
    const before = this.#snapshots?.get(key) ?? NO_SNAPSHOT
    const state =
      event.eventType === 'MarketTickReceived'
        ? afterTick(before, event.payload)
        : this.#afterDepth(key, before, event.payload)
    this.#snapshots?.put(key, state)
    const payload = snapshotOf(state, event.payload, this.#books.get(key) ?? NO_BOOK)
    this.#count?.(payload.cause)
    this.#context?.forward({
      key,
      value: causedEvent(this.#maker, event, 0, {
        eventType: 'MarketSnapshotUpdated',
        payload,
        occurredAt: payload.eventTimeMs,
        entity: {
          entityType: 'Instrument',
          entityId: payload.instrumentId,
          sequence: state.sequence,
        },
      }),
      timestampMs: record.timestampMs,
      headers: record.headers,
    })
  }

  #afterDepth(key: string, before: SnapshotState, depth: MarketDepthReceived): SnapshotState {
    const book = this.#bookOf(key, before)
    for (const { side, price, kept } of book.apply(depth)) {
      const levelKey = `${key}|${side}|${price}`
      if (kept === undefined) this.#levels?.delete(levelKey)
      else this.#levels?.put(levelKey, kept)
    }
    return afterDepth(before, book)
  }

  #bookOf(key: string, state: SnapshotState): Book {
    const known = this.#books.get(key)
    if (known !== undefined) return known
    const book = new Book({ updateId: state.bookUpdateId, complete: state.bookComplete })
    this.#books.set(key, book)
    return book
  }

  /** The books in memory are made of the store whenever a task starts: after a rolled-back transaction, too. */
  #readBooks(
    levels: KeyValueStore<string, BookLevel>,
    snapshots: KeyValueStore<string, SnapshotState>,
  ): void {
    for (const [levelKey, level] of levels.all()) {
      const { key, side, price } = levelKeyParts(levelKey)
      this.#bookOf(key, snapshots.get(key) ?? NO_SNAPSHOT).restore(side, price, level)
    }
  }
}

const NO_BOOK: TopOfBook = { bids: [], asks: [] }

function levelKeyParts(levelKey: string) {
  const beforePrice = levelKey.lastIndexOf('|')
  const beforeSide = levelKey.lastIndexOf('|', beforePrice - 1)
  const side: BookSide = levelKey.slice(beforeSide + 1, beforePrice) === 'B' ? 'B' : 'A'
  const price = Number(levelKey.slice(beforePrice + 1))
  return { key: levelKey.slice(0, beforeSide), side, price }
}
