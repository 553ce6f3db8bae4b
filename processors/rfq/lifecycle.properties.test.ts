import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LastLook, LifecycleEnvelope } from '#avro'
import { nextDeadline } from './deadlines.ts'
import { Life } from './fixtures/life.ts'
import {
  accept,
  admission,
  cancel,
  EXPIRES_MS,
  KEEP_MS,
  MARK,
  quote,
  START_MS,
  trade,
} from './fixtures/rfq.ts'
import { kindOf, type RfqInput } from './lifecycle.ts'
import { type InputKind, TRANSITIONS } from './transitions.ts'

/** Few ids, so that inputs meet: retries, duplicates, rivals, strangers. */
const ids = <T>(...some: T[]) => fc.constantFrom(...some)
const quoteIds = ids('Q1', 'Q2', 'Q3', 'Q4', 'Q5', 'Q6')
const digest = ids('digest', 'digest', 'digest', 'another')

/** Mostly what who looks at the RFQ would send: the best quote, the version of the moment. */
type Make = (life: Life, ms: number) => RfqInput

const create = fc
  .record({
    id: ids('create-1', 'create-1', 'create-2'),
    requestDigest: digest,
    passed: ids(true, true, true, false),
  })
  .map(({ id, passed, requestDigest }): Make => {
    const more = { commandId: id, passed, reason: passed ? '' : 'LIMIT' }
    return () => admission({ requestDigest }, more)
  })
const quoted = fc
  .record({
    id: quoteIds,
    lpId: ids('LP1', 'LP1', 'LP2', 'LP2', 'LP3'),
    price: ids('1.1001', '1.1002', '1.1003', '0'),
    ttlMs: ids(0, 150, 4_000, 60_000),
  })
  .map(({ id, lpId, price, ttlMs }): Make => {
    return (_life, ms) => quote(id, price, { lpId, expiresAtMs: START_MS + ms + ttlMs })
  })
const accepted = fc
  .record({
    id: ids('a1', 'a2', 'a3'),
    quoteId: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, quoteIds),
    off: ids(0, 0, 0, 0, 1, -1),
    requestDigest: digest,
  })
  .map(({ id, quoteId, off, requestDigest }): Make => {
    return ({ kept, version }) => {
      const open = kept?.quotes.find(({ status }) => status === 'OPEN')
      return accept(id, quoteId ?? open?.quote.quoteId ?? 'Q1', version + off, { requestDigest })
    }
  })
const cancelled = fc.record({ id: ids('c1', 'c2'), requestDigest: digest }).map(
  ({ id, requestDigest }): Make =>
    () =>
      cancel(id, { requestDigest }),
)
const traded = quoteIds.map(
  (id): Make =>
    () =>
      trade(id),
)

interface Move {
  /** Undefined: time alone. */
  readonly make: Make | undefined
  readonly waitMs: number
  readonly mid: number | null
}

const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    make: fc.oneof(
      { weight: 2, arbitrary: create },
      { weight: 6, arbitrary: quoted },
      { weight: 5, arbitrary: accepted },
      { weight: 1, arbitrary: cancelled },
      { weight: 2, arbitrary: traded },
      { weight: 2, arbitrary: fc.constant(undefined) },
    ),
    waitMs: ids(0, 0, 1, 1, 100, 100, 250, 250, 2_000, 2_000, 9_000, KEEP_MS),
    mid: ids(1.1, 1.1, 1.2, 1, null),
  }),
  { maxLength: 40, size: 'max' },
)
const lastLook: fc.Arbitrary<LastLook | null> = ids(
  null,
  { windowMs: 0, maxDriftBps: 1, maxQuoteAgeMs: 200 },
  { windowMs: 200, maxDriftBps: 1, maxQuoteAgeMs: null },
  { windowMs: 20_000, maxDriftBps: 1, maxQuoteAgeMs: 3_000 },
)

interface Told {
  readonly life: Life
  /** Of the RFQ until it is forgotten for the first time. */
  readonly first: readonly LifecycleEnvelope[]
  /** Phase, what came, phase. */
  readonly arrows: readonly string[]
}

/** Creates an RFQ, lets the story happen to it, and then time until it waits for nothing. Each deadline is met at its moment. */
function tell(rules: LastLook | null, story: readonly Move[]): Told {
  const life = new Life()
  const arrows: string[] = []
  let first: readonly LifecycleEnvelope[] | undefined
  life.lastLook = rules
  const take = (ms: number, kind: InputKind | undefined, input?: RfqInput) => {
    const from = life.phase
    deepFreeze(life.kept)
    life.at(ms, input)
    if (kind !== undefined) arrows.push(`${from} ${kind} ${life.phase}`)
    if (from !== 'NONE' && life.phase === 'NONE') first ??= [...life.events]
  }
  const passTimeTo = (ms: number) => {
    for (;;) {
      const due = nextDeadline(life.kept)
      if (due === undefined || due.atMs > START_MS + ms) return
      take(due.atMs - START_MS, due.kind)
    }
  }
  take(0, 'CreateRFQ', admission({ requestDigest: 'digest' }))
  let ms = 0
  for (const { make, mid, waitMs } of story) {
    ms += waitMs
    passTimeTo(ms)
    life.mark = mid === null ? null : { ...MARK, mid }
    const input = make?.(life, ms)
    take(ms, input && kindOf(input), input)
  }
  passTimeTo(Number.MAX_SAFE_INTEGER)
  return { life, first: first ?? life.events, arrows }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}

const ENDS = new Set(['RFQRejected', 'RFQExpired', 'RFQCancelled', 'RFQTraded'])
const of = (events: readonly LifecycleEnvelope[], type: string) =>
  events.filter(({ eventType }) => eventType === type)

function holds(check: (told: Told) => void, numRuns = 400): void {
  fc.assert(
    fc.property(lastLook, moves, (rules, story) => check(tell(rules, story))),
    { numRuns, seed: 20_261_121 },
  )
}

test('at most one acceptance binds, and no trade comes without it', () => {
  holds(({ first }) => {
    const bound = of(first, 'QuoteAccepted')
    const trades = of(first, 'RFQTraded')
    expect(bound.length).toBeLessThanOrEqual(1)
    expect(trades.length).toBeLessThanOrEqual(bound.length)
    for (const { payload } of trades) {
      expect(first.indexOf(bound[0] as LifecycleEnvelope)).toBeLessThan(
        first.findIndex(({ eventType }) => eventType === 'RFQTraded'),
      )
      expect(bound[0]?.payload).toMatchObject({
        quote: 'quote' in payload && { quoteId: payload.quote.quoteId },
      })
    }
  })
})

test('it ends exactly once, and nothing changes after; what was accepted ends by its trade alone', () => {
  holds(({ first, life }) => {
    const ends = first.filter(({ eventType }) => ENDS.has(eventType))
    if (life.phase === 'ACCEPTED' && first === life.events) {
      expect(ends).toEqual([])
      return
    }
    expect(ends.length).toBe(1)
    const [end] = ends
    const later = first.slice(first.indexOf(end as LifecycleEnvelope))
    expect(new Set(later.map(({ payload }) => payload.version)).size).toBe(1)
    expect(of(first, 'QuoteAccepted').length).toBe(of(first, 'RFQTraded').length)
  })
})

test('the version counts changes of state, the sequence every event', () => {
  holds(({ first }) => {
    let [version, state] = [0, '']
    first.forEach(({ entity, payload }, index) => {
      expect(entity.sequence).toBe(index + 1)
      expect(payload.version).toBe(version + (payload.state === state ? 0 : 1))
      version = payload.version
      state = payload.state
    })
  })
})

test('a command has one first answer, and every retry is told of it', () => {
  holds(({ first }) => {
    const answers = new Map<string, string[]>()
    for (const { eventId, eventType, payload } of first) {
      const { commandId } = payload
      if (commandId === null || eventType === 'RFQCreated') continue
      const known = answers.get(commandId) ?? []
      answers.set(commandId, known)
      if (eventType === 'RFQCommandRepeated') expect(known.at(-1)).toBe(payload.outcomeEventId)
      else if (!('reason' in payload && payload.reason === 'IDEMPOTENCY_KEY_REUSED'))
        known.push(eventId)
    }
    // Two where last look begins and ends.
    for (const [, known] of answers) expect(known.length).toBeLessThanOrEqual(2)
  })
})

test('it is QUOTING while a quote can be accepted, and shows those quotes in their order', () => {
  holds(({ first }) => {
    for (const { payload } of of(first, 'QuotesRanked')) {
      if (!('quotes' in payload)) throw new Error('no quotes')
      expect(payload.state).toBe(payload.quotes.length > 0 ? 'QUOTING' : 'SENT')
      expect(payload.quotes.map(({ rank }) => rank)).toEqual(payload.quotes.map((_, i) => i + 1))
      const prices = payload.quotes.map(({ price }) => price.toNumber())
      expect(prices).toEqual([...prices].sort((a, b) => a - b))
    }
  })
})

test('the same story told again is the same, ids included', () => {
  fc.assert(
    fc.property(lastLook, moves, (rules, story) => {
      const [one, again] = [tell(rules, story), tell(rules, story)]
      expect(again.life.events).toEqual(one.life.events)
      expect(again.life.kept).toEqual(one.life.kept)
      const eventIds = one.first.map(({ eventId }) => eventId)
      expect(new Set(eventIds).size).toBe(eventIds.length)
    }),
    { numRuns: 200, seed: 20_261_121 },
  )
})

test('every arrow of the table is taken by some story, and no other', () => {
  const allowed = new Set<string>()
  for (const [from, row] of Object.entries(TRANSITIONS))
    for (const [kind, rule] of Object.entries(row) as [InputKind, (typeof row)[InputKind]][])
      if (typeof rule === 'object' && 'to' in rule)
        for (const to of rule.to) allowed.add(`${from} ${kind} ${to}`)
  const taken = new Set<string>()
  holds(({ arrows }) => {
    for (const arrow of arrows) {
      const [from, , to] = arrow.split(' ')
      if (from !== to) expect(allowed).toContain(arrow)
      taken.add(arrow)
    }
  }, 2_000)
  expect([...allowed].filter((arrow) => !taken.has(arrow))).toEqual([])
})

test('it expires at its moment, or when a last look that began before is over', () => {
  holds(({ first }) => {
    const expired = first.findIndex(({ eventType }) => eventType === 'RFQExpired')
    if (expired < 0) return
    if (first[expired]?.occurredAt === EXPIRES_MS) return
    expect(first[expired]?.occurredAt).toBeGreaterThan(EXPIRES_MS)
    expect(first[expired - 1]?.eventType).toBe('QuoteAcceptanceRejected')
  })
})
