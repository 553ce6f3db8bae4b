/** What the traders of a round know of their RFQs: what the log is held against at the end. */
export interface Tally {
  /** Answered 201 or 202: the platform has them. */
  readonly acknowledged: Set<string>
  /** `rfqId|quoteId` of every accept that went out, answered or not. */
  readonly acceptsSent: Set<string>
  /** `rfqId|quoteId` of accepts that were answered with ACCEPTED or TRADED. */
  readonly accepted: Set<string>
  /** Answered 200. */
  readonly cancelled: Set<string>
  /** By reason code. */
  readonly rejected: Map<string, number>
  /** Nobody answered them in time; they may be on the log or not. */
  unanswered: number
  /** When the last RFQ that nobody ended expires, ms of the wall clock. */
  openUntilMs: number
  /** Requests that failed or were put off, by status or error. */
  readonly retries: Map<string, number>
  readonly faults: string[]
  /** Of creates that were answered at the first try, ms. */
  readonly createMs: number[]
  readonly acceptMs: number[]
}

export function newTally(): Tally {
  return {
    acknowledged: new Set(),
    acceptsSent: new Set(),
    accepted: new Set(),
    cancelled: new Set(),
    rejected: new Map(),
    unanswered: 0,
    openUntilMs: 0,
    retries: new Map(),
    faults: [],
    createMs: [],
    acceptMs: [],
  }
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
