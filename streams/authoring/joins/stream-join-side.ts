import type {
  ObservedTime,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type { KeyValueStoreSpec, WindowStore, WindowStoreSpec } from '../../store.ts'
import { keyValueStoreOf, windowStoreOf } from '../stores.ts'
import type { JoinWindows } from '../windows/windows.ts'
import { isPresent } from './presence.ts'
import { UnmatchedRecords, type UnmatchedSink } from './unmatched-records.ts'
import type { JoinSideName, UnmatchedEntry, UnmatchedKey } from './unmatched-serdes.ts'

type Joiner<K, L, R, VOut> = (left: L, right: R, key: K) => VOut

/** What becomes of pairs, and, in left and outer joins, of records without a partner. */
export interface JoinResults<K, L, R, VOut> {
  readonly pair: Joiner<K, NonNullable<L>, NonNullable<R>, VOut>
  readonly leftAlone: ((left: NonNullable<L>, key: K) => VOut) | undefined
  readonly rightAlone: ((right: NonNullable<R>, key: K) => VOut) | undefined
}

export interface StreamJoinPlan<K, L, R, VOut> {
  readonly windows: JoinWindows
  readonly results: JoinResults<K, L, R, VOut>
  readonly leftStore: WindowStoreSpec<K, L>
  readonly rightStore: WindowStoreSpec<K, R>
  readonly unmatchedStore: KeyValueStoreSpec<UnmatchedKey<K>, UnmatchedEntry<L, R>> | undefined
  /** Names the time that both sides share. */
  readonly timeName: string
}

/** Records of the left side, each against the records of the right. */
export function leftJoinSide<K, L, R, VOut>(
  plan: StreamJoinPlan<K, L, R, VOut>,
): ProcessorSupplier<K, L, K, VOut> {
  const { beforeMs, afterMs } = plan.windows
  const { pair, leftAlone } = plan.results
  const side: Side<K, L, R, L, R, VOut> = {
    name: 'left',
    otherName: 'right',
    earlierMs: beforeMs,
    laterMs: afterMs,
    otherStore: plan.rightStore,
    pair,
    alone: leftAlone,
    wait: (unmatched, key, value, timestampMs) => unmatched.addLeft(key, value, timestampMs),
  }
  return () => new StreamJoinSide(plan, side)
}

/** Records of the right side, each against the records of the left. */
export function rightJoinSide<K, L, R, VOut>(
  plan: StreamJoinPlan<K, L, R, VOut>,
): ProcessorSupplier<K, R, K, VOut> {
  const { beforeMs, afterMs } = plan.windows
  const { pair, rightAlone } = plan.results
  const side: Side<K, L, R, R, L, VOut> = {
    name: 'right',
    otherName: 'left',
    earlierMs: afterMs,
    laterMs: beforeMs,
    otherStore: plan.leftStore,
    pair: (right, left, key) => pair(left, right, key),
    alone: rightAlone,
    wait: (unmatched, key, value, timestampMs) => unmatched.addRight(key, value, timestampMs),
  }
  return () => new StreamJoinSide(plan, side)
}

interface Side<K, L, R, VThis, VOther, VOut> {
  readonly name: JoinSideName
  readonly otherName: JoinSideName
  /** Partners are at most this much earlier, and later, than the record. */
  readonly earlierMs: number
  readonly laterMs: number
  readonly otherStore: WindowStoreSpec<K, VOther>
  readonly pair: Joiner<K, NonNullable<VThis>, NonNullable<VOther>, VOut>
  readonly alone: ((value: NonNullable<VThis>, key: K) => VOut) | undefined
  readonly wait: (
    unmatched: UnmatchedRecords<K, L, R>,
    key: K,
    value: VThis,
    timestampMs: number,
  ) => void
}

class StreamJoinSide<K, L, R, VThis, VOther, VOut>
  implements Processor<K, VThis, K, VOut>, UnmatchedSink<K, L, R>
{
  readonly #plan: StreamJoinPlan<K, L, R, VOut>
  readonly #side: Side<K, L, R, VThis, VOther, VOut>
  #context: ProcessorContext<K, VOut> | undefined
  #time: ObservedTime | undefined
  #others: WindowStore<K, VOther> | undefined
  #unmatched: UnmatchedRecords<K, L, R> | undefined
  #record: StreamRecord<K, VThis> | undefined

  constructor(plan: StreamJoinPlan<K, L, R, VOut>, side: Side<K, L, R, VThis, VOther, VOut>) {
    this.#plan = plan
    this.#side = side
  }

  init(context: ProcessorContext<K, VOut>): void {
    const { timeName, unmatchedStore, windows } = this.#plan
    this.#context = context
    this.#time = context.observedTime(timeName)
    this.#others = windowStoreOf(context, this.#side.otherStore)
    if (unmatchedStore !== undefined) {
      this.#unmatched = new UnmatchedRecords(keyValueStoreOf(context, unmatchedStore), windows)
    }
  }

  process(record: StreamRecord<K, VThis>): void {
    const [context, time] = [this.#context, this.#time]
    if (context === undefined || time === undefined) return
    const { key, value, timestampMs } = record
    const isLatest = time.advance(timestampMs)
    if (!isPresent(value)) context.drop(isPresent(key) ? 'null-value' : 'null-key')
    else if (!isPresent(key)) this.#joinNothing(record, value)
    else {
      this.#record = record
      if (isLatest) this.#unmatched?.emitClosed(time.ms, this.#side.laterMs, this)
      if (!this.#joinPartners(record, key, value)) this.#findNoPartner(record, key, value, time.ms)
    }
  }

  left(key: K, value: L, timestampMs: number): void {
    const { leftAlone } = this.#plan.results
    if (leftAlone === undefined || !isPresent(value)) return
    this.#forwardUnmatched(key, leftAlone(value, key), timestampMs)
  }

  right(key: K, value: R, timestampMs: number): void {
    const { rightAlone } = this.#plan.results
    if (rightAlone === undefined || !isPresent(value)) return
    this.#forwardUnmatched(key, rightAlone(value, key), timestampMs)
  }

  /** A record without a key has no partner to wait for. */
  #joinNothing(record: StreamRecord<K, VThis>, value: NonNullable<VThis>): void {
    const { alone } = this.#side
    if (alone === undefined) this.#context?.drop('null-key')
    else this.#forward(record, alone(value, record.key), record.timestampMs)
  }

  #findNoPartner(
    record: StreamRecord<K, VThis>,
    key: NonNullable<K>,
    value: NonNullable<VThis>,
    streamTimeMs: number,
  ): void {
    const { alone, laterMs, wait } = this.#side
    if (alone === undefined) return
    const { timestampMs } = record
    // Too late for a partner that could still come.
    const isOver = Math.max(0, timestampMs + laterMs) < streamTimeMs
    if (this.#unmatched === undefined || isOver) {
      this.#forward(record, alone(value, key), timestampMs)
    } else wait(this.#unmatched, key, value, timestampMs)
  }

  #joinPartners(
    record: StreamRecord<K, VThis>,
    key: NonNullable<K>,
    value: NonNullable<VThis>,
  ): boolean {
    const { earlierMs, laterMs, otherName, pair } = this.#side
    const { timestampMs } = record
    const fromMs = Math.max(0, timestampMs - earlierMs)
    const toMs = Math.max(0, timestampMs + laterMs)
    let hasPartner = false
    for (const [window, other] of this.#others?.fetchRange(key, fromMs, toMs) ?? []) {
      if (!isPresent(other)) continue
      hasPartner = true
      this.#unmatched?.remove(otherName, key, window.startMs)
      this.#forward(record, pair(value, other, key), Math.max(timestampMs, window.startMs))
    }
    return hasPartner
  }

  #forward(record: StreamRecord<K, VThis>, value: VOut, timestampMs: number): void {
    const { key, headers } = record
    this.#context?.forward({ key, value, timestampMs, headers })
  }

  /** Headers are those of the record that closed the window, as in Kafka Streams. */
  #forwardUnmatched(key: K, value: VOut, timestampMs: number): void {
    this.#context?.forward({ key, value, timestampMs, headers: this.#record?.headers ?? [] })
  }
}
