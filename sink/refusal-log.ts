import type { LogFields } from '#streams'

const EVERY_MS = 10_000

interface Entry {
  loggedAtMs: number
  /** Since the last line. */
  count: number
  fields: LogFields
}

/** Lines about records that are refused: the first of a topic and code at once, then one in 10 s at most, with how many it stands for. */
export class RefusalLog {
  readonly #say: (fields: LogFields, count: number) => void
  readonly #entries = new Map<string, Entry>()

  constructor(say: (fields: LogFields, count: number) => void) {
    this.#say = say
  }

  note(
    fields: LogFields & { readonly topic: string; readonly code: string },
    count: number,
    nowMs: number,
  ): void {
    const key = `${fields.topic} ${fields.code}`
    const entry = this.#entries.get(key) ?? { loggedAtMs: -EVERY_MS, count: 0, fields }
    entry.count += count
    entry.fields = fields
    this.#entries.set(key, entry)
    if (nowMs - entry.loggedAtMs >= EVERY_MS) this.#line(entry, nowMs)
  }

  /** Says what was held back for 10 s; all of it with `Number.POSITIVE_INFINITY`. */
  flush(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (nowMs - entry.loggedAtMs < EVERY_MS) continue
      if (entry.count > 0) this.#line(entry, nowMs)
      else this.#entries.delete(key)
    }
  }

  #line(entry: Entry, nowMs: number): void {
    this.#say(entry.fields, entry.count)
    entry.count = 0
    entry.loggedAtMs = nowMs
  }
}
