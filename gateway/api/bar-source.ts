import type { Bar, BarInterval } from '../protocol.ts'

export interface BarQuery {
  readonly tenant: string
  readonly instrumentId: string
  readonly interval: BarInterval
  /** Inclusive; undefined: the last `limit` bars before `toMs`. */
  readonly fromMs: number | undefined
  /** Exclusive. */
  readonly toMs: number
  readonly limit: number
}

/** Bars in order of time. Rejects when the database does not answer; must stop when told to. */
export type BarSource = (query: BarQuery, signal: AbortSignal) => Promise<readonly Bar[]>
