import { StreamsError } from '../../errors.ts'
import type { Counter } from '../../metrics.ts'
import type { FetchedBatch, Isolation, LogRecord, TopicPartition } from '../log.ts'
import { MOMENT_MS, type Wait } from './broker-health.ts'
import { type BrokerLink, protocolError } from './broker-link.ts'
import { readInt64 } from './byte-reader.ts'
import type { Cluster } from './cluster.ts'
import { asStreamsError, describe, failureKind } from './failures.ts'
import { type FetchedPartition, type FetchPosition, fetchRequest } from './fetch-request.ts'
import { partitionKey } from './partitions.ts'
import { Pause } from './pause.ts'
import { type AbortedTransaction, decodeRecords } from './record-batch-decoder.ts'

export interface FetcherOptions {
  readonly isolation: Isolation
  /** Of all partitions together; beyond it only partitions with nothing buffered are fetched. */
  readonly bufferedBytesMax: number
  /** Where to go on when an offset is outside of the log. */
  readonly onOutOfRange: (partition: TopicPartition, offset: number) => Promise<number>
}

interface Chunk {
  readonly bytes: Buffer
  readonly fromOffset: number
  readonly nextOffset: number
  readonly aborted: readonly AbortedTransaction[]
  records: readonly LogRecord[] | undefined
  taken: number
}

interface Position extends TopicPartition {
  /** Where the next fetch starts: after what is buffered. */
  fetchOffset: number
  endOffset: number
  paused: boolean
  chunks: Chunk[]
  bufferedBytes: number
}

const PARTITION_BYTES_MAX = 1024 * 1024
/** Short, so that a partition that joins while a request is held back by the broker waits no longer than this. */
const FETCH_WAIT_MS = 100
const FETCH_WAIT_WHEN_FULL_MS = 10
/**
 * After an answer that small the next request waits: of records that trickle in, a broker with nothing else to do hands out a few a time, a thousand
 * times a second, and is then short of time for what matters.
 */
const SMALL_ANSWER_BYTES = 16 * 1024
const SPACING_MS = 5
const BACKOFF_MS = { first: 10, max: 500 }
/** An answer takes no more than the wait and the reading of a few MiB: later, the broker is taken for frozen. */
const FETCH_MS_MAX = 10_000

/**
 * Fetches ahead of its reader: one request per leader is always under way while there is room, and `poll` hands out what has come.
 * Bytes are decoded when they are polled, so that the bound on the buffer is one of bytes.
 */
export class Fetcher {
  readonly #cluster: Cluster
  readonly #options: FetcherOptions
  readonly #fetched: Counter
  readonly #arrivals = new Pause()
  readonly #woke = new Pause()
  readonly #busy = new Set<BrokerLink>()
  /** Leaders that failed: what others answer meanwhile does not hurry them. */
  readonly #resting = new Map<BrokerLink, number>()
  #positions = new Map<string, Position>()
  #bufferedBytes = 0
  #woken = false
  #pumping = false
  #pumpAgain = false
  #backoffMs = 0
  #failingSinceMs: number | undefined
  #wait: Wait | undefined
  #failure: StreamsError | undefined
  #closed = false

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#fetched = cluster.options.metrics.counter(
      'orion_kafka_records_fetched_total',
      'Records that were handed out from Kafka.',
    )
  }

  /** Replaces what is fetched; what was buffered is dropped. */
  assign(positions: readonly (TopicPartition & { readonly offset: number })[]): void {
    this.#positions.clear()
    this.#bufferedBytes = 0
    this.#failure = undefined
    this.add(positions)
  }

  /** Fetches these too. */
  add(positions: readonly (TopicPartition & { readonly offset: number })[], paused = false): void {
    for (const { topic, partition, offset } of positions) {
      this.#positions.set(partitionKey({ topic, partition }), {
        topic,
        partition,
        fetchOffset: offset,
        endOffset: 0,
        paused,
        chunks: [],
        bufferedBytes: 0,
      })
    }
    this.#pump()
  }

  /** Drops these, and what of them was buffered. */
  remove(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const key = partitionKey(partition)
      this.#bufferedBytes -= this.#positions.get(key)?.bufferedBytes ?? 0
      this.#positions.delete(key)
    }
    this.#failure = undefined
  }

  partitions(): readonly TopicPartition[] {
    return [...this.#positions.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  seek(partition: TopicPartition, offset: number): void {
    const key = partitionKey(partition)
    const old = this.#positions.get(key)
    if (old === undefined) return
    this.#bufferedBytes -= old.bufferedBytes
    // A new object: the answer of a request under way for the old position is not for this one.
    this.#positions.set(key, { ...old, fetchOffset: offset, chunks: [], bufferedBytes: 0 })
    this.#pump()
  }

  setPaused(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const partition of partitions) {
      const position = this.#positions.get(partitionKey(partition))
      if (position !== undefined) position.paused = paused
    }
    if (!paused) {
      this.#pump()
      this.#arrivals.wake()
    }
  }

  async poll(maxWaitMs: number, recordsMax = Number.MAX_SAFE_INTEGER): Promise<FetchedBatch[]> {
    if (this.#closed) {
      throw new StreamsError('LOG_CLOSED', 'poll of a closed reader', {}, 'Open another one.')
    }
    this.#pump()
    const { clock } = this.#cluster.options
    const untilMs = clock.monotonicMs() + maxWaitMs
    for (;;) {
      this.#throwFailure()
      const batches = this.#take(recordsMax)
      const leftMs = untilMs - clock.monotonicMs()
      if (batches.length > 0 || leftMs <= 0 || this.#closed || this.#woken) {
        this.#woken = false
        this.#pump()
        return batches
      }
      await this.#arrivals.sleep(leftMs)
    }
  }

  /** As a `poll` that delivers nothing. */
  async idle(maxWaitMs: number): Promise<FetchedBatch[]> {
    if (!this.#woken) await this.#woke.sleep(maxWaitMs)
    this.#woken = false
    return []
  }

  /** Ends the `poll` that waits, or the next one, without records. */
  wake(): void {
    this.#woken = true
    this.#arrivals.wake()
    this.#woke.wake()
  }

  close(): void {
    this.#closed = true
    this.#succeeded()
    this.#positions.clear()
    this.#arrivals.end()
    this.#woke.end()
  }

  #take(recordsMax: number): FetchedBatch[] {
    const batches: FetchedBatch[] = []
    let left = recordsMax
    for (const [key, position] of [...this.#positions]) {
      if (left <= 0) break
      if (position.paused || position.chunks.length === 0) continue
      const batch = this.#takeFrom(position, left)
      batches.push(batch)
      left -= batch.records.length
      // Last in line next time, so that no partition starves the others.
      this.#positions.delete(key)
      this.#positions.set(key, position)
    }
    this.#fetched.add(recordsMax - left)
    return batches
  }

  #takeFrom(position: Position, recordsMax: number): FetchedBatch {
    const { topic, partition, endOffset } = position
    const records: LogRecord[] = []
    let nextOffset = 0
    while (position.chunks.length > 0 && records.length < recordsMax) {
      const chunk = position.chunks[0] as Chunk
      chunk.records ??= decodeRecords(chunk.bytes, chunk.fromOffset, chunk.aborted).records
      const end = Math.min(chunk.records.length, chunk.taken + recordsMax - records.length)
      for (; chunk.taken < end; chunk.taken += 1) {
        records.push(chunk.records[chunk.taken] as LogRecord)
      }
      if (chunk.taken < chunk.records.length) {
        nextOffset = (chunk.records[chunk.taken - 1] as LogRecord).offset + 1
        break
      }
      nextOffset = chunk.nextOffset
      position.chunks.shift()
      position.bufferedBytes -= chunk.bytes.length
      this.#bufferedBytes -= chunk.bytes.length
    }
    return { topic, partition, records, nextOffset, endOffset: Math.max(endOffset, nextOffset) }
  }

  /** Starts a request to every leader that has none and for which there is room. */
  #pump(): void {
    if (this.#pumping) {
      this.#pumpAgain = true
      return
    }
    this.#pumping = true
    this.#startFetches()
      .catch((error: unknown) => this.#backOff(error))
      .finally(() => {
        this.#pumping = false
        if (this.#pumpAgain && !this.#closed) {
          this.#pumpAgain = false
          this.#pump()
        }
      })
  }

  async #startFetches(): Promise<void> {
    if (this.#closed || this.#failure !== undefined) return
    const full = this.#bufferedBytes >= this.#options.bufferedBytesMax
    const byLeader = new Map<BrokerLink, Position[]>()
    let failure: unknown
    for (const position of [...this.#positions.values()]) {
      if (position.paused || (full && position.bufferedBytes > 0)) continue
      let leader: BrokerLink
      try {
        leader = await this.#cluster.leader(position)
      } catch (error) {
        failure = error
        continue
      }
      const positions = byLeader.get(leader)
      if (positions === undefined) byLeader.set(leader, [position])
      else positions.push(position)
    }
    if (byLeader.size === 0 && failure === undefined) this.#succeeded()
    for (const [leader, positions] of byLeader) {
      if (this.#busy.has(leader) || this.#closed) continue
      this.#busy.add(leader)
      this.#fetch(leader, positions, full)
        .then(() => this.#resting.delete(leader))
        .catch((error: unknown) => this.#restThenBackOff(leader, error))
        .finally(() => {
          this.#busy.delete(leader)
          this.#pump()
        })
    }
    if (failure !== undefined) throw failure
  }

  async #fetch(leader: BrokerLink, positions: readonly Position[], full: boolean): Promise<void> {
    const room = Math.max(0, this.#options.bufferedBytesMax - this.#bufferedBytes)
    const bytesMax = Math.min(PARTITION_BYTES_MAX, Math.max(64 * 1024, room))
    const requested = positions.map(
      ({ topic, partition, fetchOffset }): FetchPosition => ({
        topic,
        partition,
        offset: fetchOffset,
        bytesMax,
      }),
    )
    const fetched = await leader.send(
      fetchRequest(requested, {
        isolation: this.#options.isolation,
        maxWaitMs: full ? FETCH_WAIT_WHEN_FULL_MS : FETCH_WAIT_MS,
        bytesMax: Math.max(bytesMax, room),
        timeoutMs: Math.min(FETCH_MS_MAX, this.#cluster.options.requestTimeoutMs),
      }),
    )
    const byKey = new Map(fetched.map((each) => [partitionKey(each), each]))
    let failure: unknown
    for (const [index, position] of positions.entries()) {
      const answer = byKey.get(partitionKey(position))
      const offset = requested[index]?.offset
      const current = this.#positions.get(partitionKey(position)) === position
      if (answer === undefined || !current || position.fetchOffset !== offset) continue
      try {
        await this.#accept(position, answer)
      } catch (error) {
        failure = error
      }
    }
    if (failure !== undefined) throw failure
    this.#succeeded()
    const bytes = fetched.reduce((sum, each) => sum + each.bytes.length, 0)
    if (bytes > 0 && bytes < SMALL_ANSWER_BYTES) await this.#cluster.sleep(SPACING_MS)
  }

  #succeeded(): void {
    this.#backoffMs = 0
    this.#failingSinceMs = undefined
    this.#wait?.end()
    this.#wait = undefined
  }

  async #accept(position: Position, answer: FetchedPartition): Promise<void> {
    if (answer.code === OFFSET_OUT_OF_RANGE) {
      const { fetchOffset } = position
      const offset = await this.#options.onOutOfRange(position, fetchOffset)
      const current = this.#positions.get(partitionKey(position)) === position
      if (current && position.fetchOffset === fetchOffset) position.fetchOffset = offset
      return
    }
    if (answer.code !== 0) throw protocolError(answer.code)
    const committed = this.#options.isolation === 'read_committed'
    const { fetchOffset } = position
    position.endOffset = committed ? answer.lastStableOffset : answer.highWatermark
    const nextOffset = endOfBatches(answer.bytes)
    if (nextOffset === undefined || nextOffset <= fetchOffset) return
    const { bytes, aborted } = answer
    position.chunks.push({
      bytes,
      fromOffset: fetchOffset,
      nextOffset,
      aborted,
      records: undefined,
      taken: 0,
    })
    position.fetchOffset = nextOffset
    position.bufferedBytes += bytes.length
    this.#bufferedBytes += bytes.length
    this.#arrivals.wake()
  }

  /** The leader stays busy meanwhile. */
  async #restThenBackOff(leader: BrokerLink, error: unknown): Promise<void> {
    const restMs = Math.min((this.#resting.get(leader) ?? BACKOFF_MS.first / 2) * 2, BACKOFF_MS.max)
    this.#resting.set(leader, restMs)
    await this.#backOff(error, restMs)
  }

  /** Keeps trying while brokers are away; after `retryForMs` the next `poll` fails, and later ones try again. */
  async #backOff(error: unknown, restMs = 0): Promise<void> {
    if (this.#closed || this.#cluster.closed) return
    const { clock, health, retryForMs } = this.#cluster.options
    const kind = failureKind(error)
    const nowMs = clock.monotonicMs()
    this.#failingSinceMs ??= nowMs
    const failingMs = nowMs - this.#failingSinceMs
    const final = kind === 'fatal' || failingMs >= retryForMs
    if (final) {
      this.#succeeded()
      this.#failure = asStreamsError(error, 'fetch', {})
      this.#arrivals.wake()
      return
    }
    if (this.#wait !== undefined) this.#wait.cause = describe(error)
    else if (failingMs >= MOMENT_MS) this.#wait = health.wait('fetch', {}, describe(error))
    this.#cluster.forget()
    this.#backoffMs = Math.min(Math.max(this.#backoffMs * 2, BACKOFF_MS.first), BACKOFF_MS.max)
    await this.#cluster.sleep(Math.max(restMs, this.#backoffMs))
    this.#pump()
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === undefined) return
    this.#failure = undefined
    throw failure
  }
}

const OFFSET_OUT_OF_RANGE = 1

/** The offset after the last whole batch. */
function endOfBatches(bytes: Buffer): number | undefined {
  let nextOffset: number | undefined
  for (let at = 0; at + 61 <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    nextOffset = readInt64(bytes, at) + bytes.readInt32BE(at + 23) + 1
    at = end
  }
  return nextOffset
}
