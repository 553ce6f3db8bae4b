import type { FetchedBatch, LogRecord, TopicPartition } from '#streams/log'
import type { RangePlan } from './range-plan.ts'
import type { SinkSource } from './sources.ts'

const BACKOFF_MS_MIN = 500
const BACKOFF_MS_MAX = 30_000

/** Records of one partition between the log and ClickHouse, from the first that is not a row yet. */
export class PartitionBuffer {
  readonly source: SinkSource
  readonly at: TopicPartition
  /** A remembered range that is not known to be done. */
  plan: RangePlan | undefined
  paused = false
  /** False after the partition went to another member: what is under way must not be committed. */
  assigned = true
  #retryAtMs = 0
  #backoffMs = 0
  #records: LogRecord[] = []
  /** First offset that is not done; undefined before the first record of a partition without committed offset. */
  #from: number | undefined
  /** Next offset to come. */
  #position: number | undefined
  #waitingSinceMs = 0

  constructor(
    source: SinkSource,
    at: TopicPartition,
    from: number | undefined,
    plan: RangePlan | undefined,
  ) {
    this.source = source
    this.at = at
    this.plan = plan
    this.#from = from
    this.#position = from
  }

  /** First offset that is not done; undefined before the first record of a partition without committed offset. */
  get from(): number | undefined {
    return this.#from
  }

  get length(): number {
    return this.#records.length
  }

  append(batch: FetchedBatch, nowMs: number): void {
    const first = batch.records[0]
    this.#from ??= first?.offset ?? batch.nextOffset
    const seen = this.#position ?? this.#from
    if (this.#records.length === 0) this.#waitingSinceMs = nowMs
    for (const record of batch.records) if (record.offset >= seen) this.#records.push(record)
    this.#position = Math.max(seen, batch.nextOffset)
  }

  /**
   * The range to deliver now, if there is one: the remembered one once it is here in whole, else a new one when `rowsMax` records
   * are here or the first has waited for `lingerMs`. At the end of the log aborted records alone make a range without rows.
   */
  nextPlan(options: {
    readonly rowsMax: number
    readonly lingerMs: number
    readonly nowMs: number
    readonly plannedAtMs: number
  }): RangePlan | undefined {
    const from = this.#from
    const position = this.#position
    if (from === undefined || position === undefined) return undefined
    if (options.nowMs < this.#retryAtMs) return undefined
    if (this.plan !== undefined) return position >= this.plan.to ? this.plan : undefined
    if (position <= from) return undefined
    const full = this.#records.length >= options.rowsMax
    if (!full && options.nowMs - this.#waitingSinceMs < options.lingerMs) return undefined
    const next = this.#records[options.rowsMax]
    return { ...this.at, from, to: next?.offset ?? position, plannedAtMs: options.plannedAtMs }
  }

  recordsOf(plan: RangePlan): readonly LogRecord[] {
    const end = this.#records.findIndex((record) => record.offset >= plan.to)
    return end < 0 ? this.#records.slice() : this.#records.slice(0, end)
  }

  /** The table does not take the range: it is tried again later, after 0.5 to 30 s, and says after how many ms. Others go on. */
  setAside(plan: RangePlan, nowMs: number): number {
    this.plan = plan
    this.#backoffMs = Math.min(Math.max(2 * this.#backoffMs, BACKOFF_MS_MIN), BACKOFF_MS_MAX)
    this.#retryAtMs = nowMs + this.#backoffMs
    return this.#backoffMs
  }

  /** The range is in ClickHouse: its records are let go. */
  done(plan: RangePlan, nowMs: number): void {
    const end = this.#records.findIndex((record) => record.offset >= plan.to)
    this.#records = end < 0 ? [] : this.#records.slice(end)
    this.#from = plan.to
    this.plan = undefined
    this.#retryAtMs = 0
    this.#backoffMs = 0
    this.#waitingSinceMs = nowMs
  }
}
