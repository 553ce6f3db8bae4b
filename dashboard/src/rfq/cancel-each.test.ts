import { expect, test } from 'vitest'
import { OrionProblem, type Rfq, type RfqOutcome } from '#sdk'
import { rfq } from '../../../sdk/fixtures/rfqs.ts'
import {
  type CancelFate,
  cancelEach,
  fatesText,
  fateWhenSeen,
  mayCancel,
  ownOpen,
} from './cancel-each.ts'

const outcome = (current: Rfq | undefined): RfqOutcome => ({
  rfqId: 'R-1',
  current,
  location: '/api/v1/rfqs/R-1',
})
const problem = (status: number, detail: string, current?: Rfq) =>
  new OrionProblem({
    type: 'about:blank',
    title: 'No',
    status,
    detail,
    correlationId: 'C-1',
    ...(current === undefined ? {} : { current }),
  })

const SEEN = rfq('R-1', { state: 'QUOTING', version: 3 })
const REASON = { code: 'RFQ_EXPIRED', text: 'It has expired.' }

test.each<[string, () => Promise<RfqOutcome>, CancelFate]>([
  ['cancelled', async () => outcome(rfq('R-1', { state: 'CANCELLED' })), { kind: 'cancelled' }],
  ['not seen by the gateway yet', async () => outcome(undefined), { kind: 'taken' }],
  [
    'cancelled before',
    async () => {
      throw problem(409, 'It is over.', rfq('R-1', { state: 'CANCELLED', version: 4 }))
    },
    { kind: 'cancelled' },
  ],
  [
    'traded meanwhile',
    async () => {
      throw problem(409, 'It was accepted.', rfq('R-1', { state: 'TRADED', version: 5 }))
    },
    { kind: 'refused', why: 'It was accepted. It is TRADED now; you saw QUOTING.' },
  ],
  [
    'expired meanwhile, whose reason is said once',
    async () => {
      throw problem(409, REASON.text, rfq('R-1', { state: 'EXPIRED', version: 4, reason: REASON }))
    },
    { kind: 'refused', why: 'It has expired. It is EXPIRED now; you saw QUOTING.' },
  ],
  [
    'not allowed',
    async () => {
      throw problem(403, 'Not your desk.')
    },
    { kind: 'refused', why: 'Not your desk.' },
  ],
  [
    'unanswered',
    async () => {
      throw problem(503, 'The log is away.')
    },
    { kind: 'unknown', why: 'The log is away.' },
  ],
])('one that is %s says so', async (_, cancel, fate) => {
  const told: CancelFate[] = []
  await cancelEach([SEEN], { cancel, told: (_rfq, one) => told.push(one) })
  expect(told).toEqual([{ kind: 'sent' }, fate])
})

test('each is cancelled once, a few at once; a refusal holds up none', async () => {
  const rfqs = Array.from({ length: 30 }, (_, i) => rfq(`R-${i}`))
  let onTheWay = 0
  let most = 0
  const asked: string[] = []
  const fates = new Map<string, CancelFate>()
  await cancelEach(rfqs, {
    cancel: async (one) => {
      asked.push(one.rfqId)
      onTheWay += 1
      most = Math.max(most, onTheWay)
      await Promise.resolve()
      onTheWay -= 1
      if (one.rfqId === 'R-3') throw problem(403, 'No.')
      return outcome({ ...one, state: 'CANCELLED' })
    },
    told: ({ rfqId }, fate) => fates.set(rfqId, fate),
  })
  expect(asked.sort()).toEqual(rfqs.map(({ rfqId }) => rfqId).sort())
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(8)
  expect(fatesText([...fates.values()])).toBe('29 cancelled, 1 not cancelled.')
})

test('what was not known is settled by the state that is seen later; what was known stays', () => {
  const cancelled = rfq('R-1', { state: 'CANCELLED', version: 4 })
  const open = rfq('R-1', { state: 'QUOTING', version: 4 })
  const refused: CancelFate = { kind: 'refused', why: 'No.' }
  expect(fateWhenSeen({ kind: 'taken' }, SEEN, cancelled)).toEqual({ kind: 'cancelled' })
  expect(fateWhenSeen({ kind: 'taken' }, SEEN, open)).toEqual({ kind: 'taken' })
  expect(fateWhenSeen(refused, SEEN, cancelled)).toBe(refused)
  expect(
    fateWhenSeen({ kind: 'unknown', why: 'x' }, SEEN, rfq('R-1', { state: 'EXPIRED', version: 4 })),
  ).toEqual({ kind: 'refused', why: 'It is EXPIRED now; you saw QUOTING.' })
})

test('own and open ones are meant, oldest first', () => {
  const at = (second: number) => ({ createdAt: `2026-11-21T12:00:0${second}.000Z` })
  const rfqs = [
    rfq('new', { ...at(5), state: 'QUOTING' }),
    rfq('old', { ...at(1), state: 'CREATED' }),
    rfq('colleague', { ...at(2), requester: 'trader2' }),
    rfq('accepted', { ...at(3), state: 'ACCEPTED' }),
    rfq('over', { ...at(4), state: 'EXPIRED' }),
  ]
  expect(ownOpen(rfqs, 'trader').map(({ rfqId }) => rfqId)).toEqual(['old', 'new'])
})

test.each([
  [['TRADER'], true],
  [['CLIENT'], true],
  [['SALES', 'RISK', 'ADMIN', 'COMPLIANCE', 'ANALYST', 'PLATFORM'], false],
  [[], false],
] as const)('with the roles %j a user may cancel: %s', (roles, may) => {
  expect(mayCancel({ roles })).toBe(may)
})

test('the sum says what is still on the way and what nobody knows', () => {
  expect(fatesText([{ kind: 'sent' }, { kind: 'waiting' }])).toBe('0 cancelled, 2 on the way.')
  expect(fatesText([{ kind: 'cancelled' }, { kind: 'unknown', why: '' }, { kind: 'taken' }])).toBe(
    '1 cancelled, 1 without an answer, 1 taken, the outcome not seen yet.',
  )
})
