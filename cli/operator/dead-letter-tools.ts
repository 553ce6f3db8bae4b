import { userInfo } from 'node:os'
import { jsonValue, type Logger, silentLogger, systemClock } from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import { type ReplayedDeadLetter, replayDeadLetters } from './dead-letter-replay.ts'
import {
  type DeadLetterEntry,
  type DeadLetterFilter,
  type DeadLetterPlace,
  DeadLetters,
  failedAtMs,
} from './dead-letters.ts'

export interface DeadLetterSummary extends DeadLetterPlace {
  /** The record's own time. */
  readonly occurredAt: string
  readonly failedAt: string
  readonly code: string
  readonly cause: string
  /** `<topic>-<partition>@<offset>` */
  readonly source: string
  readonly tenant: string
}

export interface DeadLetterDetail extends DeadLetterSummary {
  readonly remedy: string
  readonly consumer: string
  readonly consumerVersion: string
  readonly attempts: number
  readonly firstFailedAt: string | null
  readonly lastFailedAt: string | null
  readonly stack: string | null
  readonly key: string | null
  /** By the schema of its topic; null where the bytes are not of it. */
  readonly value: unknown
  readonly valueHex: string | null
  readonly valueBase64: string | null
  readonly headers: readonly {
    readonly name: string
    readonly text: string | null
    readonly valueBase64: string | null
  }[]
}

export interface ReplayArgs extends DeadLetterFilter {
  /** This one alone. */
  readonly place?: DeadLetterPlace
  /** False: tell what would be sent. */
  readonly send: boolean
}

export interface DeadLetterToolsOptions {
  readonly env: string
  readonly log: Log
  readonly topics: Topics
  readonly logger?: Logger
}

/** What operators do with dead letters: list, show, replay. */
export class DeadLetterTools {
  readonly #options: DeadLetterToolsOptions
  readonly #letters: DeadLetters

  constructor(options: DeadLetterToolsOptions) {
    this.#options = options
    this.#letters = new DeadLetters(options.log, options.topics)
  }

  async *list({
    limit,
    ...filter
  }: DeadLetterFilter & { readonly limit: number }): AsyncIterable<DeadLetterSummary> {
    let newest: DeadLetterSummary[] = []
    const keepNewest = () => {
      newest.sort((a, b) => a.failedAt.localeCompare(b.failedAt))
      newest = newest.slice(-limit)
    }
    for await (const entry of this.#letters.entries(filter, limit)) {
      newest.push(summaryOf(entry))
      if (newest.length > 2 * limit + 1_000) keepNewest()
    }
    keepNewest()
    yield* newest
  }

  async *show(place: DeadLetterPlace): AsyncIterable<DeadLetterDetail> {
    const entry = await this.#letters.entry(place)
    if (entry === undefined) return
    const decoded = await this.#letters.decodedValue(entry.event)
    yield detailOf(entry, decoded)
  }

  /** Every replay is told in the log of the process that does it; the mark of each dead letter keeps who and when. */
  async *replay({ place, send, ...filter }: ReplayArgs): AsyncIterable<ReplayedDeadLetter> {
    const { log, env, logger = silentLogger } = this.#options
    const operator = userInfo().username
    const entries = place === undefined ? this.#letters.entries(filter) : this.#one(place)
    const nowMs = () => systemClock.nowMs()
    let sent = 0
    for await (const row of replayDeadLetters(entries, { log, env, send, nowMs, operator })) {
      if (row.outcome === 'sent') sent += 1
      yield row
    }
    if (send) {
      const what = { entity: 'operator', operator, sent, ...filter, ...(place ?? {}) }
      logger.info(what, 'dead letters were replayed')
    }
  }

  async *#one(place: DeadLetterPlace): AsyncIterable<DeadLetterEntry> {
    const entry = await this.#letters.entry(place)
    if (entry !== undefined) yield entry
  }
}

function summaryOf({ topic, partition, offset, event }: DeadLetterEntry): DeadLetterSummary {
  const { code, cause, sourceTopic, sourcePartition, sourceOffset } = event.payload
  return {
    topic,
    partition,
    offset,
    occurredAt: new Date(event.occurredAt).toISOString(),
    failedAt: new Date(failedAtMs(event)).toISOString(),
    code,
    cause,
    source: `${sourceTopic}-${sourcePartition}@${sourceOffset}`,
    tenant: event.tenantId,
  }
}

function detailOf(entry: DeadLetterEntry, decoded: unknown): DeadLetterDetail {
  const { payload } = entry.event
  const { remedy, consumer, consumerVersion, attempts, stack, key, value, headers } = payload
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
  return {
    ...summaryOf(entry),
    remedy,
    consumer,
    consumerVersion,
    attempts,
    firstFailedAt: time(payload.firstFailedAt),
    lastFailedAt: time(payload.lastFailedAt),
    stack,
    key: key === null ? null : bufferOf(key).toString('utf8'),
    value: decoded === undefined ? null : jsonValue(decoded),
    valueHex: decoded === undefined && value !== null ? bufferOf(value).toString('hex') : null,
    valueBase64: value === null ? null : bufferOf(value).toString('base64'),
    headers: headers.map((header) => ({
      name: header.name,
      text: header.value === null ? null : textOf(header.value),
      valueBase64: header.value === null ? null : bufferOf(header.value).toString('base64'),
    })),
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** As text where it is some, else in hex. */
function textOf(bytes: Uint8Array): string {
  const text = bufferOf(bytes).toString('utf8')
  return /^[\P{C}\t]*$/u.test(text) && !text.includes('\ufffd')
    ? text
    : bufferOf(bytes).toString('hex')
}
