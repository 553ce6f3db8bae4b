import type { SettlementState, Trade } from '#sdk'
import { localInstantText } from '../format/clock-text.ts'

export type TradeGroup = 'all' | 'unsettled' | 'failed'

/** Which tabs a trade is in, beside that of all. */
export function isIn(group: TradeGroup, { settlement }: Trade): boolean {
  if (group === 'all') return true
  const state = settlement?.state ?? 'PENDING'
  return group === 'failed' ? state === 'FAILED' : state === 'PENDING' || state === 'RETRYING'
}

const ORDER: Readonly<Record<SettlementState, number>> = {
  PENDING: 1,
  RETRYING: 2,
  SETTLED: 3,
  FAILED: 3,
}

/** The later of two states of one trade: settlement only goes on, and a confirmation stays. */
export function laterTrade(known: Trade | undefined, other: Trade): Trade {
  if (known === undefined) return other
  for (const figure of FIGURES) {
    const [before, now] = [figure(known), figure(other)]
    if (now !== before) return now > before ? other : known
  }
  return other
}

const FIGURES: readonly ((trade: Trade) => number)[] = [
  ({ settlement }) => (settlement === null ? 0 : ORDER[settlement.state]),
  ({ settlement }) => settlement?.attempt ?? 0,
  ({ confirmationId }) => (confirmationId === null ? 0 : 1),
]

/** The state with what makes it readable without its colour. */
export function settlementText({ settlement, confirmationId }: Trade): string {
  if (settlement === null) return confirmationId === null ? 'not confirmed yet' : 'PENDING'
  return settlement.state
}

/** How the settlement stands, as a sentence. */
export function settlementSentence(trade: Trade): string {
  const { settlement, settlementDate } = trade
  const due = settlementDate === null ? '' : ` Due ${settlementDate}.`
  if (settlement === null)
    return trade.confirmationId === null
      ? 'Waiting for its confirmation.'
      : `Confirmed; its settlement is asked for.${due}`
  const { attempt, nextAttemptAt, reason, settledAt, state } = settlement
  const at = (time: string | null, unknown = '') =>
    time === null ? unknown : ` at ${instant(time)}`
  const why = reason === null ? '' : `: ${reason}`
  switch (state) {
    case 'PENDING':
      return `Settlement is asked for; first attempt${at(nextAttemptAt, ' soon')}.${due}`
    case 'RETRYING':
      return `Attempt ${attempt} failed${why}. Next attempt${at(nextAttemptAt, ' soon')}.${due}`
    case 'SETTLED':
      return `Settled${at(settledAt)}, at attempt ${attempt}.${due}`
    case 'FAILED':
      return `Failed after attempt ${attempt}${why}. Operations have to resolve it.${due}`
  }
}

export function instant(time: string): string {
  return localInstantText(Date.parse(time))
}
