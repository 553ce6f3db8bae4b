import { describe, expect, test } from 'vitest'
import { nextDeadline } from './deadlines.ts'
import { HOLD, type Life, lifeIn } from './fixtures/life.ts'
import { accept, admission, cancel, quote, START_MS, trade } from './fixtures/rfq.ts'
import type { RfqInput } from './lifecycle.ts'
import { type InputKind, type Phase, TRANSITIONS } from './transitions.ts'

const PHASES = Object.keys(TRANSITIONS) as Phase[]
const KINDS = Object.keys(TRANSITIONS.NONE) as InputKind[]
const MOMENTS: ReadonlySet<InputKind> = new Set([
  'RfqExpiry',
  'QuoteExpiry',
  'LastLookEnd',
  'Forgetting',
])
const cells = PHASES.flatMap((phase) => KINDS.map((kind) => [phase, kind] as const))
const atNow = 50

/** As good an input of this kind as there can be, so that only the phase can speak against it. */
const BEST: Partial<Record<InputKind, (life: Life) => RfqInput>> = {
  CreateRFQ: () => admission({}, { commandId: 'create-2' }),
  QuoteReceived: () => quote('Q9', '1.1001'),
  AcceptQuote: ({ version }) => accept('accept-9', 'Q1', version),
  CancelRFQ: () => cancel('cancel-9'),
  TradeExecuted: () => trade('Q1'),
}

describe('every phase and every command, quote and trade', () => {
  test.each(cells.filter(([, kind]) => !MOMENTS.has(kind)))('%s: %s', (phase, kind) => {
    const life = lifeIn(phase)
    expect(life.phase).toBe(phase)
    const before = life.kept
    const said = life.events.length
    const input = BEST[kind]?.(life)
    const { leftOut } = life.at(atNow, input)
    const events = life.events.slice(said)
    const rule = TRANSITIONS[phase][kind]
    if (rule === 'misplaced' || rule === 'repeated') {
      expect([leftOut, events, life.kept]).toEqual([rule, [], before])
    } else if (rule !== 'never' && 'refuse' in rule) {
      const eventType = kind === 'QuoteReceived' ? 'QuoteRejected' : 'RFQCommandRefused'
      expect(events).toMatchObject([{ eventType, payload: { reason: rule.refuse } }])
      expect([life.phase, life.version]).toEqual([phase, before?.version ?? 0])
    } else {
      expect(rule).not.toBe('never')
      expect(events.map(({ eventType }) => eventType)).not.toContain('RFQCommandRefused')
      expect(events.map(({ eventType }) => eventType)).not.toContain('QuoteRejected')
      expect(rule).toEqual({ to: expect.arrayContaining([life.phase]) })
    }
  })
})

describe('every phase and every moment', () => {
  /** Lets time pass, one deadline at a time, until the RFQ leaves the phase; which moments there were. */
  function momentsOf(phase: Phase): (readonly [InputKind, Phase])[] {
    const seen: (readonly [InputKind, Phase])[] = []
    const life = lifeIn(phase)
    for (let i = 0; i < 5 && life.phase === phase; i++) {
      const deadline = nextDeadline(life.kept)
      if (deadline === undefined) break
      life.at(deadline.atMs - START_MS)
      seen.push([deadline.kind, life.phase])
    }
    return seen
  }

  test.each(PHASES)('%s', (phase) => {
    const moments = momentsOf(phase)
    for (const [kind, to] of moments)
      expect(TRANSITIONS[phase][kind]).toEqual({ to: expect.arrayContaining([to]) })
    const waited = new Set(moments.map(([kind]) => kind))
    for (const kind of MOMENTS)
      if (TRANSITIONS[phase][kind] === 'never') expect(waited).not.toContain(kind)
  })

  test.each<[Phase, InputKind[]]>([
    ['NONE', []],
    ['SENT', ['RfqExpiry']],
    ['QUOTING', ['QuoteExpiry', 'QuoteExpiry']],
    ['HELD', ['LastLookEnd']],
    ['ACCEPTED', []],
    ['TRADED', ['Forgetting']],
  ])('%s waits for %j', (phase, kinds) => {
    expect(momentsOf(phase).map(([kind]) => kind)).toEqual(kinds)
  })
})

/** The table as the specification says it, written down apart from the code. */
test('what may follow on what', () => {
  const arrows = PHASES.map((phase) => {
    const ends = KINDS.flatMap((kind) => {
      const rule = TRANSITIONS[phase][kind]
      return typeof rule === 'object' && 'to' in rule ? rule.to : []
    })
    return [phase, [...new Set(ends)].sort().join(' ')]
  })
  expect(Object.fromEntries(arrows)).toEqual({
    NONE: 'REJECTED SENT',
    SENT: 'CANCELLED EXPIRED QUOTING',
    QUOTING: 'ACCEPTED CANCELLED EXPIRED HELD QUOTING SENT',
    HELD: 'ACCEPTED EXPIRED HELD QUOTING SENT',
    ACCEPTED: 'TRADED',
    REJECTED: 'NONE',
    EXPIRED: 'NONE',
    CANCELLED: 'NONE',
    TRADED: 'NONE',
  })
})

test('what is refused, with its reason', () => {
  const reasons = (kind: InputKind) =>
    PHASES.map((phase) => {
      const rule = TRANSITIONS[phase][kind]
      return typeof rule === 'object' ? ('refuse' in rule ? rule.refuse : '') : rule
    })
  expect(PHASES.join(' ')).toBe('NONE SENT QUOTING HELD ACCEPTED REJECTED EXPIRED CANCELLED TRADED')
  const over = ['RFQ_REJECTED', 'RFQ_EXPIRED', 'RFQ_CANCELLED', 'RFQ_TRADED']
  expect(reasons('AcceptQuote')).toEqual([
    'RFQ_NOT_FOUND',
    'NO_QUOTE',
    '',
    'ACCEPTANCE_PENDING',
    'RFQ_ACCEPTED',
    ...over,
  ])
  expect(reasons('CancelRFQ')).toEqual([
    'RFQ_NOT_FOUND',
    '',
    '',
    'ACCEPTANCE_PENDING',
    'RFQ_ACCEPTED',
    ...over,
  ])
  expect(reasons('QuoteReceived')).toEqual(['RFQ_NOT_FOUND', '', '', '', 'RFQ_ACCEPTED', ...over])
  expect(reasons('TradeExecuted')).toEqual([
    ...Array.from({ length: 4 }, () => 'misplaced'),
    '',
    ...Array.from({ length: 3 }, () => 'misplaced'),
    'repeated',
  ])
})

test.each<[string, Phase, (life: Life) => void]>([
  ['a quote brings the first', 'QUOTING', (life) => life.at(5, quote('Q1', 1))],
  ['an accept without last look binds', 'ACCEPTED', (life) => quotedAndAccepted(life)],
  [
    'an accept with last look is held',
    'HELD',
    (life) => {
      life.lastLook = HOLD
      quotedAndAccepted(life)
    },
  ],
  [
    'a quote too old when accepted is refused, and there is no other',
    'SENT',
    (life) => {
      life.lastLook = { ...HOLD, maxQuoteAgeMs: 4 }
      quotedAndAccepted(life)
    },
  ],
  [
    'a quote too old when accepted is refused, and there is another',
    'QUOTING',
    (life) => {
      life.lastLook = { ...HOLD, maxQuoteAgeMs: 4 }
      life.at(6, quote('Q2', 2, { lpId: 'LP2' }))
      quotedAndAccepted(life)
    },
  ],
])('%s', (_what, phase, does) => {
  const life = lifeIn('SENT')
  does(life)
  expect(life.phase).toBe(phase)
})

function quotedAndAccepted(life: Life): void {
  life.at(5, quote('Q1', 1))
  life.at(10, accept('accept-1', 'Q1', life.version))
}
