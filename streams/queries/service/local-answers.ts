import type { Clock } from '../../clock.ts'
import { StreamsError } from '../../errors.ts'
import type {
  KeyValueStore,
  SessionStore,
  StateStore,
  VersionedKeyValueStore,
  WindowedKey,
  WindowStore,
} from '../../store.ts'
import type { Timers } from '../../timers.ts'
import { jsonValue } from '../json-value.ts'
import { type LocalStorePart, storesOfKind } from '../local-parts.ts'
import type { Position } from '../position.ts'
import type { StoreLayout } from '../store-layout.ts'
import type { QueryAuthorizer, QueryPrincipal } from './query-access.ts'
import type { QueryLimits } from './query-limits.ts'
import type { QueryableStreams } from './queryable-streams.ts'
import type {
  PartAnswer,
  PartRefusal,
  ReadTerms,
  ScanQuery,
  StoreQuery,
  StoreQueryRow,
} from './store-query.ts'

export interface LocalAnswersOptions {
  /** host:port, as answers name it. */
  readonly self: string
  readonly authorizer: QueryAuthorizer
  readonly limits: QueryLimits
  readonly clock: Clock
  readonly timers: Timers
}

export interface LocalQuestion {
  readonly streams: QueryableStreams
  readonly layout: StoreLayout
  readonly query: StoreQuery
  readonly terms: ReadTerms
  readonly principal: QueryPrincipal
  readonly partition: number
  /** What rows may add up to, as JSON. */
  readonly bytesMax: number
}

type Rows = Pick<PartAnswer, 'rows' | 'end'>

/** Rows of a scan between two turns of other work: no iterator outlives one, since its task may close. */
const SLICE_ROWS = 256
const POSITION_POLL_MS = 5
const GONE: ReadonlySet<string> = new Set(['STREAMS_STORE_NOT_AVAILABLE', 'STORE_CLOSED'])

/** Answers from what this instance has: committed contents of a part, once it has reached the asked position. */
export class LocalAnswers {
  readonly #options: LocalAnswersOptions

  constructor(options: LocalAnswersOptions) {
    this.#options = options
  }

  async answer(question: LocalQuestion): Promise<PartAnswer | PartRefusal> {
    const { clock, timers } = this.#options
    const deadlineMs = clock.monotonicMs() + question.terms.timeoutMs
    try {
      for (;;) {
        const part = partOf(question)
        if (part === undefined) return notHere(question)
        const position = part.position()
        if (covers(position, question)) {
          const rows = await this.#rows(question, part, deadlineMs)
          return rows === undefined
            ? notHere(question)
            : { ...rows, ...this.#told(part, position), partition: question.partition }
        }
        if (clock.monotonicMs() >= deadlineMs) return notReached(question, position)
        await new Promise<void>((resolve) => timers.after(POSITION_POLL_MS, resolve))
      }
    } catch (error) {
      if (error instanceof StreamsError && GONE.has(error.code)) return notHere(question)
      throw error
    }
  }

  #told(part: LocalStorePart, position: Position) {
    const { role } = part
    const lag = role === 'active' ? null : (part.offsetLag?.() ?? null)
    return { host: this.#options.self, role, lag, position: position.toJSON() }
  }

  async #rows(
    question: LocalQuestion,
    part: LocalStorePart,
    deadlineMs: number,
  ): Promise<Rows | undefined> {
    const { query, layout } = question
    switch (query.operation) {
      case 'positions':
        return { rows: [] }
      case 'scan':
        return this.#scan(question, query, deadlineMs)
      case 'get': {
        const key = keyIn(layout, query.key)
        const value = ofKind<KeyValueStore<unknown, unknown>>(part, 'key-value').get(key)
        return one(question, query.key, key, value)
      }
      case 'versioned': {
        const key = keyIn(layout, query.key)
        const store = ofKind<VersionedKeyValueStore<unknown, unknown>>(part, 'versioned')
        return one(question, query.key, key, store.get(key, query.asOfMs))
      }
      case 'window': {
        const store = ofKind<WindowStore<unknown, unknown>>(part, 'window')
        const key = keyIn(layout, query.key)
        return windows(question, query, store.fetchRange(key, query.fromMs, query.toMs))
      }
      case 'session': {
        const store = ofKind<SessionStore<unknown, unknown>>(part, 'session')
        const key = keyIn(layout, query.key)
        return windows(question, query, store.findSessions(key, query.fromMs, query.toMs))
      }
    }
  }

  /** Slice by slice, each as of the last commit before it. Undefined when the part went away. */
  async #scan(
    question: LocalQuestion,
    query: ScanQuery,
    deadlineMs: number,
  ): Promise<Rows | undefined> {
    const { authorizer, limits, clock, timers } = this.#options
    const { layout, partition, principal, streams } = question
    const { keySerde, name: store } = layout.spec
    const { applicationId } = streams
    const rows: { keyBytes: string; row: StoreQueryRow }[] = []
    const prefix = query.prefix === undefined ? undefined : bytesOf(query.prefix)
    let last = startBehind(query, partition)
    let scanned = 0
    let bytes = 0
    for (;;) {
      const part = partOf(question)
      if (part === undefined) return undefined
      const entries = openScan(ofKind(part, 'key-value'), { layout, query, prefix, last })
      let inSlice = 0
      for (const [key, value] of entries) {
        const keyBytes = Buffer.from(keySerde.serialize(layout.topic, key))
        if (last !== undefined && keyBytes.compare(last.key) <= (last.inclusive ? -1 : 0)) continue
        if (prefix !== undefined && !startsWith(keyBytes, prefix)) return { rows }
        const isFull = rows.length >= query.limit || bytes >= question.bytesMax
        const end = { rows, end: last === undefined ? '' : base64(last.key) }
        if (isFull || scanned >= limits.rowsScannedMax) return end
        if (inSlice === SLICE_ROWS) break
        inSlice++
        scanned++
        last = { key: keyBytes, inclusive: false }
        if (!authorizer.mayRead(principal, { applicationId, store, key })) continue
        const row = { partition, key: jsonValue(key), value: jsonValue(value) }
        bytes += JSON.stringify(row).length
        rows.push({ keyBytes: base64(keyBytes), row })
      }
      if (inSlice < SLICE_ROWS) return { rows }
      if (clock.monotonicMs() >= deadlineMs && last !== undefined)
        return { rows, end: base64(last.key) }
      await timers.turn()
    }
  }
}

interface ScanStart {
  readonly key: Uint8Array
  /** The key itself is still to be told. */
  readonly inclusive: boolean
}

/** Rows come in the order of keys, then partitions: behind (K, P) partitions after P still have their K to tell. */
function startBehind({ after }: ScanQuery, partition: number): ScanStart | undefined {
  if (after === undefined) return undefined
  return { key: bytesOf(after.key), inclusive: partition > after.partition }
}

function openScan(
  store: KeyValueStore<unknown, unknown>,
  place: {
    readonly layout: StoreLayout
    readonly query: ScanQuery
    readonly prefix: Uint8Array | undefined
    readonly last: ScanStart | undefined
  },
): Iterable<readonly [unknown, unknown]> {
  const { layout, query, prefix, last } = place
  const { keySerde } = layout.spec
  if (prefix !== undefined && last === undefined) return store.prefixScan(prefix)
  const to = query.to === undefined ? undefined : keyIn(layout, query.to)
  if (last !== undefined) return store.range(keySerde.deserialize(layout.topic, last.key), to)
  return store.range(query.from === undefined ? undefined : keyIn(layout, query.from), to)
}

function windows(
  { partition, bytesMax }: LocalQuestion,
  query: { readonly key: string; readonly limit: number },
  entries: Iterable<readonly [WindowedKey<unknown>, unknown]>,
): Rows {
  const rows: { keyBytes: string; row: StoreQueryRow }[] = []
  let bytes = 0
  for (const [{ key, startMs, endMs }, value] of entries) {
    if (rows.length >= query.limit || bytes >= bytesMax) return { rows, end: query.key }
    const time = { windowStartMs: startMs, windowEndMs: endMs }
    const row = { partition, key: jsonValue(key), ...time, value: jsonValue(value) }
    bytes += JSON.stringify(row).length
    rows.push({ keyBytes: query.key, row })
  }
  return { rows }
}

function one({ partition }: LocalQuestion, keyBytes: string, key: unknown, value: unknown): Rows {
  if (value === undefined) return { rows: [] }
  return { rows: [{ keyBytes, row: { partition, key: jsonValue(key), value: jsonValue(value) } }] }
}

/** The active part where there is one. */
function partOf({ streams, layout, terms, partition }: LocalQuestion): LocalStorePart | undefined {
  const parts = localParts(streams, layout.spec.name, terms.staleAllowed)
  const here = parts.filter((part) => part.partition === partition)
  return here.find(({ role }) => role === 'active') ?? here[0]
}

/** None where no local task runs with the store. */
export function localParts(
  streams: QueryableStreams,
  store: string,
  standbys: boolean,
): readonly LocalStorePart[] {
  try {
    return streams.localStores(store, { standbys })
  } catch (error) {
    if (error instanceof StreamsError && GONE.has(error.code)) return []
    throw error
  }
}

function covers(position: Position, { layout, terms, partition }: LocalQuestion): boolean {
  return position.covers(terms.bound, layout.isGlobal ? undefined : partition)
}

function ofKind<S extends StateStore>(
  part: LocalStorePart,
  kind: 'key-value' | 'window' | 'session' | 'versioned',
): S {
  // The kind was checked on this line: the caller names the interface of that kind.
  return storesOfKind(() => [part], kind)[0] as S
}

function keyIn({ spec, topic }: StoreLayout, key: string): unknown {
  return spec.keySerde.deserialize(topic, bytesOf(key))
}

function notHere({ partition, streams, layout }: LocalQuestion): PartRefusal {
  const detail = `partition ${partition} of ${layout.spec.name} is not here (the application is ${streams.state()})`
  return { partition, kind: 'not-here', detail }
}

function notReached({ partition, layout }: LocalQuestion, position: Position): PartRefusal {
  const detail = `partition ${partition} of ${layout.spec.name} has not reached the position in time`
  return { partition, kind: 'position-not-reached', detail, position: position.toJSON() }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, prefix.length), prefix) === 0
}
