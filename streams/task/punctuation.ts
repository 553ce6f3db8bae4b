import type { Cancellable, PunctuationType } from '../processor.ts'

/** Who is punctuated: the node, so that failures and forwards are attributed to it. */
export type PunctuationRunner = (
  punctuate: (timestampMs: number) => void,
  timestampMs: number,
) => void

interface Punctuation {
  readonly intervalMs: number
  readonly run: PunctuationRunner
  readonly punctuate: (timestampMs: number) => void
  readonly ordinal: number
  /** By the interval alone. */
  dueMs: number
  heldUntilMs: number
  cancelled: boolean
}

/**
 * The punctuations of one task and one kind of time. Due ones run by due time, then in the order in which they were scheduled; missed
 * intervals are not made up for, as in Kafka Streams. One that is held is due no earlier than its holder said, whatever its interval.
 */
export class PunctuationQueue {
  readonly type: PunctuationType
  /** Infinity when nothing is scheduled: one comparison a record decides. */
  nextDueMs = Number.POSITIVE_INFINITY
  #scheduled: Punctuation[] = []
  #ordinal = 0

  constructor(type: PunctuationType) {
    this.type = type
  }

  schedule(
    options: { readonly firstDueMs: number; readonly intervalMs: number },
    run: PunctuationRunner,
    punctuate: (timestampMs: number) => void,
  ): Cancellable {
    const punctuation: Punctuation = {
      intervalMs: options.intervalMs,
      run,
      punctuate,
      ordinal: this.#ordinal++,
      dueMs: options.firstDueMs,
      heldUntilMs: Number.NEGATIVE_INFINITY,
      cancelled: false,
    }
    this.#scheduled.push(punctuation)
    this.#updateNextDue()
    return {
      cancel: () => {
        punctuation.cancelled = true
        this.#scheduled = this.#scheduled.filter((one) => one !== punctuation)
        this.#updateNextDue()
      },
      holdUntil: (timestampMs) => {
        punctuation.heldUntilMs = timestampMs
        this.#updateNextDue()
      },
    }
  }

  /** Runs each that is due at `nowMs` once, with `nowMs`; returns how many ran. */
  run(nowMs: number): number {
    if (nowMs < this.nextDueMs) return 0
    const due = this.#scheduled
      .map((punctuation) => ({ punctuation, atMs: dueMsOf(punctuation) }))
      .filter(({ atMs }) => atMs <= nowMs)
      .sort((a, b) => a.atMs - b.atMs || a.punctuation.ordinal - b.punctuation.ordinal)
    let ran = 0
    for (const { punctuation } of due) {
      // One before it may have cancelled it, or put it off.
      if (punctuation.cancelled || dueMsOf(punctuation) > nowMs) continue
      const missed = Math.floor((nowMs - punctuation.dueMs) / punctuation.intervalMs)
      punctuation.dueMs += (missed + 1) * punctuation.intervalMs
      punctuation.run(punctuation.punctuate, nowMs)
      ran++
    }
    this.#updateNextDue()
    return ran
  }

  /** Due times by the intervals, in the order of scheduling, to be kept with the committed offsets. What holds them follows from the stores. */
  dueTimes(): number[] {
    return this.#scheduled.map((one) => one.dueMs)
  }

  /** Sets due times as `dueTimes` gave them, for punctuations scheduled in `init`. Others keep theirs. */
  resumeAt(dueTimes: readonly number[]): void {
    for (const [index, dueMs] of dueTimes.entries()) {
      const punctuation = this.#scheduled[index]
      if (punctuation !== undefined) punctuation.dueMs = dueMs
    }
    this.#updateNextDue()
  }

  clear(): void {
    for (const punctuation of this.#scheduled) punctuation.cancelled = true
    this.#scheduled = []
    this.#updateNextDue()
  }

  #updateNextDue(): void {
    let next = Number.POSITIVE_INFINITY
    for (const punctuation of this.#scheduled) next = Math.min(next, dueMsOf(punctuation))
    this.nextDueMs = next
  }
}

function dueMsOf({ dueMs, heldUntilMs }: Punctuation): number {
  return Math.max(dueMs, heldUntilMs)
}
