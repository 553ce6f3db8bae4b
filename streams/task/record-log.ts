import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'

/** A record that did not go its way, as an operator finds it again; without a place where no record of the log was at hand. */
export interface LoggedRecord {
  readonly topology: string
  readonly node: string
  readonly code: string
  readonly what: string
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly key?: Uint8Array | null
  readonly taskId: string
}

interface Series {
  saidMs: number
  /** Records since the last line. */
  unsaid: number
  latest: LoggedRecord
}

const LINE_INTERVAL_MS = 10_000
/** Codes come from programs, but nothing stops one from making them up. */
const SERIES_MAX = 1_000
const TEXT_CHARACTERS_MAX = 200

/**
 * Says that records are dead-lettered, or dropped: the first of each (topology, node, code) at once, then at most one line every ten seconds with the
 * latest of them and how many there were since. What is left over is said at a later commit, or when the application closes.
 */
export class RecordLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #message: string
  readonly #series = new Map<string, Series>()

  constructor(logger: Logger, clock: Clock, message: string) {
    this.#logger = logger
    this.#clock = clock
    this.#message = message
  }

  add(record: LoggedRecord): void {
    const name = `${record.topology}/${record.node}/${record.code}`
    let series = this.#series.get(name)
    if (series === undefined) {
      if (this.#series.size >= SERIES_MAX) this.#forgetAll()
      series = { saidMs: Number.NEGATIVE_INFINITY, unsaid: 0, latest: record }
      this.#series.set(name, series)
    }
    series.unsaid += 1
    series.latest = record
    this.#sayIfDue(series)
  }

  /** Says what has waited long enough. Called at commits. */
  sayDue(): void {
    for (const series of this.#series.values()) this.#sayIfDue(series)
  }

  /** Says all that was not said yet. */
  close(): void {
    this.#forgetAll()
  }

  #forgetAll(): void {
    for (const series of this.#series.values()) if (series.unsaid > 0) this.#say(series)
    this.#series.clear()
  }

  #sayIfDue(series: Series): void {
    if (series.unsaid === 0) return
    if (this.#clock.monotonicMs() - series.saidMs >= LINE_INTERVAL_MS) this.#say(series)
  }

  #say(series: Series): void {
    const { key, what, ...place } = series.latest
    this.#logger.warn(
      {
        ...place,
        ...(key === null || key === undefined ? {} : { key: textOf(key) }),
        what: short(what),
        count: series.unsaid,
      },
      this.#message,
    )
    series.saidMs = this.#clock.monotonicMs()
    series.unsaid = 0
  }
}

function textOf(key: Uint8Array): string {
  return short(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8'))
}

function short(text: string): string {
  return text.length > TEXT_CHARACTERS_MAX ? `${text.slice(0, TEXT_CHARACTERS_MAX)}...` : text
}
