import type { Timers } from '../timers.ts'
import type { FailedRecord, RecordFailure } from './failed-record.ts'
import type { InputPosition } from './transaction-schedule.ts'

/** A record that failed and waits for its next attempt. */
export interface RetryWait extends InputPosition {
  /** Made so far. */
  readonly attempts: number
  /** From the last attempt to the next. */
  readonly delayMs: number
}

/** Pending: tried again once it is due. Decided: given up or taken over, and not tried again. */
interface Entry {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  attempts: number
  firstFailedMs: number
  lastFailedMs: number
  lastFailure: RecordFailure | undefined
  due: boolean
  cancel: (() => void) | undefined
  decided: FailedRecord | undefined
  /** Only what comes before it is committed first. */
  alone: boolean
}

/**
 * Records of a task that failed and are not committed yet. It outlives the task's nodes, which are made anew when a failed record has left
 * half of its effects behind; a new owner of the task begins with an empty one.
 */
export class RecordRetries {
  readonly #after: Timers['after']
  readonly #wake: () => void
  readonly #entries = new Map<string, Entry>()

  /** @param wake called when a record's delay is over */
  constructor(after: Timers['after'], wake: () => void) {
    this.#after = after
    this.#wake = wake
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** Where a record waits for its delay to be over. */
  get waiting(): RetryWait | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.decided !== undefined || entry.due) continue
      const { topic, partition, offset, attempts, lastFailure } = entry
      return { topic, partition, offset, attempts, delayMs: lastFailure?.delayMs ?? 0 }
    }
    return undefined
  }

  attemptsAt(at: InputPosition): number {
    return this.#entries.get(idOf(at))?.attempts ?? 0
  }

  /** False until its delay is over. */
  mayTake(at: InputPosition): boolean {
    const entry = this.#entries.get(idOf(at))
    return entry === undefined || entry.decided !== undefined || entry.due
  }

  /** Whether everything before the record is committed first. */
  isAlone(at: InputPosition): boolean {
    return this.#entries.get(idOf(at))?.alone === true
  }

  decidedAt(at: InputPosition): FailedRecord | undefined {
    return this.#entries.get(idOf(at))?.decided
  }

  /** What is known of the record, which was processed or is given up; undefined when it never failed. */
  outcome(at: InputPosition, decision: FailedRecord['decision']): FailedRecord | undefined {
    const entry = this.#entries.get(idOf(at))
    if (entry?.lastFailure === undefined) return undefined
    const { topic, partition, offset, attempts, firstFailedMs, lastFailedMs } = entry
    const { stage, node, cause, stack } = entry.lastFailure
    const place = { topic, partition, offset }
    const times = { firstFailedMs, lastFailedMs }
    // A success is an attempt as well.
    const tried = decision === 'processed' ? attempts + 1 : attempts
    return { ...place, attempts: tried, decision, stage, node, cause, stack, ...times }
  }

  /** Counts the attempt; a retry is due when its delay is over. */
  failed(at: InputPosition, failure: RecordFailure, nowMs: number): void {
    const entry = this.#entryOf(at, nowMs)
    entry.attempts++
    entry.lastFailedMs = nowMs
    entry.lastFailure = failure
    entry.alone = true
    entry.due = false
    entry.cancel?.()
    if (failure.decision !== 'retry') {
      entry.decided = this.outcome(at, failure.decision)
      return
    }
    entry.cancel = this.#after(failure.delayMs, () => {
      entry.due = true
      this.#wake()
    })
  }

  /** A record that was given up at its first attempt and left nothing behind: should it come again, it is tried again. */
  forgetFirst(at: InputPosition): void {
    const entry = this.#entries.get(idOf(at))
    if (entry?.attempts === 1) this.#entries.delete(idOf(at))
  }

  /** What a recorded run decided: the record is not tried. */
  decide(decided: FailedRecord): void {
    if (decided.decision === 'processed') return
    this.#entryOf(decided, decided.firstFailedMs).decided = decided
  }

  /** These records are behind us. */
  committed(offsets: readonly InputPosition[]): void {
    if (this.#entries.size === 0) return
    for (const { topic, partition, offset } of offsets) {
      for (const [id, entry] of this.#entries) {
        if (entry.topic !== topic || entry.partition !== partition || entry.offset >= offset)
          continue
        entry.cancel?.()
        this.#entries.delete(id)
      }
    }
  }

  /** Ends every wait. */
  close(): void {
    for (const { cancel } of this.#entries.values()) cancel?.()
    this.#entries.clear()
  }

  #entryOf({ topic, partition, offset }: InputPosition, nowMs: number): Entry {
    const id = idOf({ topic, partition, offset })
    let entry = this.#entries.get(id)
    if (entry === undefined) {
      entry = {
        topic,
        partition,
        offset,
        attempts: 0,
        firstFailedMs: nowMs,
        lastFailedMs: nowMs,
        lastFailure: undefined,
        due: false,
        cancel: undefined,
        decided: undefined,
        alone: false,
      }
      this.#entries.set(id, entry)
    }
    return entry
  }
}

function idOf({ topic, partition, offset }: InputPosition): string {
  return `${topic}-${partition}@${offset}`
}
