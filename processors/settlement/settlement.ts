import {
  eventId,
  type OpenSettlement,
  type SettlementCompleted,
  type SettlementFailed,
  type SettlementRetrying,
  type SettlementState,
} from '#avro'

/** What becomes of an attempt: it settles, fails with attempts left, or fails as the last one. */
export type AttemptOutcome = 'settles' | 'fails' | 'fails-last'

/** Every legal move of a settlement. What is over stays so. */
export const SETTLEMENT_TRANSITIONS: Readonly<
  Record<SettlementState, Partial<Record<AttemptOutcome, SettlementState>>>
> = {
  PENDING: { settles: 'SETTLED', fails: 'RETRYING', 'fails-last': 'FAILED' },
  RETRYING: { settles: 'SETTLED', fails: 'RETRYING', 'fails-last': 'FAILED' },
  SETTLED: {},
  FAILED: {},
}

export type SettlementNews =
  | { readonly eventType: 'SettlementCompleted'; readonly payload: SettlementCompleted }
  | { readonly eventType: 'SettlementRetrying'; readonly payload: SettlementRetrying }
  | { readonly eventType: 'SettlementFailed'; readonly payload: SettlementFailed }

export interface Attempted {
  readonly settlement: OpenSettlement
  readonly news: SettlementNews
}

/** Makes the next attempt; undefined where the settlement is over. */
export function attempt(settlement: OpenSettlement, nowMs: number): Attempted | undefined {
  const number = settlement.attempt + 1
  const outcome = outcomeOf(settlement, number)
  const state = SETTLEMENT_TRANSITIONS[settlement.state][outcome]
  if (state === undefined) return undefined
  const facts = { ...factsOf(settlement), state, attempt: number }
  const next = { ...settlement, state, attempt: number, sequence: settlement.sequence + 1 }
  switch (outcome) {
    case 'settles':
      return {
        settlement: next,
        news: { eventType: 'SettlementCompleted', payload: { ...facts, settledAtMs: nowMs } },
      }
    case 'fails': {
      const attemptAtMs = nowMs + retryDelayMs(settlement.retryDelaysMs, number)
      const payload = { ...facts, reason: reasonOf(settlement, number), attemptAtMs }
      return {
        settlement: { ...next, attemptAtMs },
        news: { eventType: 'SettlementRetrying', payload },
      }
    }
    case 'fails-last': {
      const reason = `${reasonOf(settlement, number)}, after ${number} ${number === 1 ? 'attempt' : 'attempts'}`
      return {
        settlement: next,
        news: { eventType: 'SettlementFailed', payload: { ...facts, reason, failedAtMs: nowMs } },
      }
    }
  }
}

function outcomeOf(settlement: OpenSettlement, number: number): AttemptOutcome {
  const { attemptsMax, failureProbability } = settlement
  if (draw(settlement, number) >= failureProbability) return 'settles'
  return number < attemptsMax ? 'fails' : 'fails-last'
}

const DRAW_DIGITS = 13

/** From 0 to just below 1, the same for the same seed, trade and attempt. */
function draw({ seed, tradeId }: OpenSettlement, number: number): number {
  const digits = eventId(`settlement|${seed}`, tradeId, number).slice(0, DRAW_DIGITS)
  return Number.parseInt(digits, 16) / 16 ** DRAW_DIGITS
}

const REASONS = [
  'the seller could not deliver',
  'the buyer could not pay',
  'the settlement instructions of the parties differ',
  'the depository did not answer',
] as const

function reasonOf({ seed, tradeId }: OpenSettlement, number: number): string {
  const digit = Number.parseInt(eventId(`reason|${seed}`, tradeId, number).slice(0, 2), 16)
  return REASONS[digit % REASONS.length] ?? REASONS[0]
}

function retryDelayMs(delaysMs: readonly number[], failures: number): number {
  return delaysMs[Math.min(failures, delaysMs.length) - 1] ?? 0
}

/** What every event of a settlement says. */
function factsOf({
  amount,
  buyer,
  currency,
  instrumentId,
  quantity,
  requester,
  rfqId,
  seller,
  settlementDate,
  tradeId,
}: OpenSettlement) {
  return {
    tradeId,
    rfqId,
    instrumentId,
    requester,
    settlementDate,
    quantity,
    amount,
    currency,
    buyer,
    seller,
  }
}
