import type { SettlementState, Trade } from '#sdk'
import type { Column } from '../blotter/column.ts'
import { exactText } from '../format/number-text.ts'
import { instant, settlementText } from './trade-text.ts'

const TONES: Readonly<Record<SettlementState, 'up' | 'down' | 'warning' | 'muted'>> = {
  PENDING: 'muted',
  RETRYING: 'warning',
  SETTLED: 'up',
  FAILED: 'down',
}
const timeOf = (time: string | null | undefined) => (time == null ? null : Date.parse(time))

export function tradeColumns(on: {
  readonly showChain: (correlationId: string) => void
  readonly showRfq: (rfqId: string) => void
  readonly priceDecimals: (instrumentId: string) => number
}): readonly Column<Trade>[] {
  return [
    {
      id: 'executed',
      title: 'Executed',
      kind: 'time',
      width: 96,
      value: (trade) => Date.parse(trade.executedAt),
      text: (trade) => instant(trade.executedAt),
      exported: (trade) => trade.executedAt,
    },
    {
      id: 'instrument',
      title: 'Instrument',
      kind: 'set',
      width: 128,
      value: (trade) => trade.instrumentId,
      tone: () => 'strong',
    },
    {
      id: 'side',
      title: 'Side',
      kind: 'set',
      width: 52,
      value: (trade) => trade.side,
      tone: (trade) => (trade.side === 'BUY' ? 'up' : 'down'),
    },
    decimal('quantity', 'Quantity', 96),
    {
      ...decimal('price', 'Price', 88),
      text: (trade) => exactText(trade.price, on.priceDecimals(trade.instrumentId)),
    },
    { ...decimal('notional', 'Notional', 132), text: (trade) => exactText(trade.notional, 2) },
    { id: 'currency', title: 'Ccy', kind: 'set', width: 48, value: (trade) => trade.currency },
    { id: 'lp', title: 'LP', kind: 'set', width: 106, value: (trade) => trade.lpId },
    {
      id: 'requester',
      title: 'Requester',
      kind: 'set',
      width: 94,
      value: (trade) => trade.requester,
    },
    {
      id: 'desk',
      title: 'Desk',
      kind: 'set',
      width: 70,
      isHidden: true,
      value: ({ desk }) => desk,
    },
    {
      id: 'settlementDate',
      title: 'Settles on',
      kind: 'text',
      width: 98,
      value: (trade) => trade.settlementDate,
    },
    {
      id: 'settlement',
      title: 'Settlement',
      kind: 'set',
      width: 96,
      value: settlementText,
      tone: ({ settlement }) => (settlement === null ? 'muted' : TONES[settlement.state]),
    },
    {
      id: 'attempt',
      title: 'Attempt',
      kind: 'number',
      width: 76,
      value: (trade) => trade.settlement?.attempt ?? null,
    },
    {
      id: 'nextAttempt',
      title: 'Next attempt',
      kind: 'time',
      width: 100,
      value: (trade) => timeOf(trade.settlement?.nextAttemptAt),
      text: ({ settlement }) =>
        settlement?.nextAttemptAt == null ? '–' : instant(settlement.nextAttemptAt),
      exported: (trade) => trade.settlement?.nextAttemptAt ?? '',
    },
    {
      id: 'reason',
      title: 'Reason of failure',
      kind: 'text',
      width: 150,
      value: (trade) => trade.settlement?.reason ?? null,
      tone: (trade) => (trade.settlement?.state === 'FAILED' ? 'down' : undefined),
    },
    {
      id: 'settled',
      title: 'Settled',
      kind: 'time',
      width: 96,
      isHidden: true,
      value: (trade) => timeOf(trade.settlement?.settledAt),
      text: ({ settlement }) =>
        settlement?.settledAt == null ? '–' : instant(settlement.settledAt),
      exported: (trade) => trade.settlement?.settledAt ?? '',
    },
    {
      id: 'venue',
      title: 'Venue',
      kind: 'set',
      width: 70,
      isHidden: true,
      value: (t) => t.venueId,
    },
    {
      id: 'tradeId',
      title: 'Trade',
      kind: 'text',
      width: 100,
      isHidden: true,
      value: (trade) => trade.tradeId,
    },
    {
      id: 'rfq',
      title: 'RFQ',
      kind: 'text',
      width: 96,
      value: (trade) => trade.rfqId,
      act: {
        label: (trade) => `Show the request ${trade.rfqId}`,
        on: (trade) => on.showRfq(trade.rfqId),
      },
    },
    {
      id: 'correlation',
      title: 'Correlation id',
      kind: 'text',
      width: 100,
      value: (trade) => trade.correlationId,
      act: {
        label: (trade) => `Show the chain of events of ${trade.tradeId}`,
        on: (trade) => on.showChain(trade.correlationId),
      },
    },
  ]
}

function decimal(
  id: 'quantity' | 'price' | 'notional',
  title: string,
  width: number,
): Column<Trade> {
  return {
    id,
    title,
    kind: 'number',
    width,
    value: (trade) => Number(trade[id]),
    text: (trade) => exactText(trade[id]),
    exported: (trade) => trade[id],
  }
}
