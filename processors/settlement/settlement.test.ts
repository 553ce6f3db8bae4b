import { expect, test } from 'vitest'
import type { OpenSettlement, SettlementState } from '#avro'
import { openSettlement, TRADED_MS } from './fixtures/trades.ts'
import { type AttemptOutcome, attempt, SETTLEMENT_TRANSITIONS } from './settlement.ts'

const MOVES: readonly (readonly [SettlementState, AttemptOutcome, SettlementState | undefined])[] =
  [
    ['PENDING', 'settles', 'SETTLED'],
    ['PENDING', 'fails', 'RETRYING'],
    ['PENDING', 'fails-last', 'FAILED'],
    ['RETRYING', 'settles', 'SETTLED'],
    ['RETRYING', 'fails', 'RETRYING'],
    ['RETRYING', 'fails-last', 'FAILED'],
    ['SETTLED', 'settles', undefined],
    ['SETTLED', 'fails', undefined],
    ['SETTLED', 'fails-last', undefined],
    ['FAILED', 'settles', undefined],
    ['FAILED', 'fails', undefined],
    ['FAILED', 'fails-last', undefined],
  ]

const GIVEN: Readonly<Record<AttemptOutcome, Partial<OpenSettlement>>> = {
  settles: { failureProbability: 0 },
  fails: { failureProbability: 1, attemptsMax: 5 },
  'fails-last': { failureProbability: 1, attemptsMax: 1 },
}

test.each(MOVES)('%s, when the attempt %s, becomes %s', (state, outcome, next) => {
  expect(SETTLEMENT_TRANSITIONS[state][outcome]).toBe(next)
  const attempted = attempt(openSettlement({ state, ...GIVEN[outcome] }), TRADED_MS)
  expect(attempted?.settlement.state).toBe(next)
  expect(attempted?.news.payload.state).toBe(next)
})

/** All attempts, each when it is due. */
function runs(settlement: OpenSettlement): readonly string[] {
  const said: string[] = []
  for (let now = settlement; ; ) {
    const attempted = attempt(now, now.attemptAtMs)
    if (attempted === undefined) return said
    now = attempted.settlement
    said.push(`${now.state} ${now.attempt} ${now.sequence} ${now.attemptAtMs - TRADED_MS}`)
  }
}

test('attempts that all fail are apart as was set, the last delay for all further ones, and end', () => {
  expect(
    runs(openSettlement({ failureProbability: 1, attemptsMax: 4, retryDelaysMs: [500, 1_000] })),
  ).toEqual(['RETRYING 1 2 3500', 'RETRYING 2 3 4500', 'RETRYING 3 4 5500', 'FAILED 4 5 5500'])
  expect(runs(openSettlement({ failureProbability: 0 }))).toEqual(['SETTLED 1 2 3000'])
})

test('which attempts fail follows from the seed, as often as was set', () => {
  const share = (seed: number, failureProbability: number) => {
    const outcomes = Array.from({ length: 4_000 }, (_, n) =>
      attempt(openSettlement({ seed, failureProbability, tradeId: `T-${n}` }), TRADED_MS),
    )
    return outcomes.map((one) => (one?.settlement.state === 'SETTLED' ? '.' : 'x')).join('')
  }
  const failures = (text: string) => text.split('x').length - 1
  expect(share(7, 0.25)).toBe(share(7, 0.25))
  expect(share(7, 0.25)).not.toBe(share(8, 0.25))
  // Five standard deviations of 4,000 draws.
  expect(Math.abs(failures(share(7, 0.25)) - 1_000)).toBeLessThan(137)
  expect(failures(share(7, 0))).toBe(0)
  expect(failures(share(7, 1))).toBe(4_000)
  // A higher probability only adds failures: the draws stay.
  const [few, many] = [share(7, 0.1), share(7, 0.5)]
  expect([...few].every((mark, n) => mark === '.' || many[n] === 'x')).toBe(true)
})
