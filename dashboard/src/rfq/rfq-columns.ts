import type { Rfq } from '#sdk'
import type { Column } from '../blotter/column.ts'
import { localInstantText } from '../format/clock-text.ts'
import { decimalText, exactText } from '../format/number-text.ts'
import { acceptedQuote } from './rfq-text.ts'

/** The quote that won, else the best one. */
const shownQuote = (rfq: Rfq) => acceptedQuote(rfq) ?? rfq.quotes[0]
const bps = (value: number | null | undefined) => (value == null ? '–' : decimalText(value, 2))

export function rfqColumns(on: {
  readonly showChain: (correlationId: string) => void
  readonly showTrade: (tradeId: string) => void
  readonly priceDecimals: (instrumentId: string) => number
}): readonly Column<Rfq>[] {
  return [
    {
      id: 'created',
      title: 'Created',
      kind: 'time',
      width: 100,
      value: (rfq) => Date.parse(rfq.createdAt),
      text: (rfq) => localInstantText(Date.parse(rfq.createdAt)),
      exported: (rfq) => rfq.createdAt,
    },
    {
      id: 'state',
      title: 'State',
      kind: 'set',
      width: 92,
      value: (rfq) => rfq.state,
      tone: ({ state }) =>
        state === 'TRADED'
          ? 'up'
          : state === 'REJECTED'
            ? 'down'
            : state === 'ACCEPTED'
              ? 'warning'
              : state === 'QUOTING'
                ? 'strong'
                : undefined,
    },
    {
      id: 'instrument',
      title: 'Instrument',
      kind: 'set',
      width: 128,
      value: (rfq) => rfq.instrumentId,
      tone: () => 'strong',
    },
    {
      id: 'side',
      title: 'Side',
      kind: 'set',
      width: 56,
      value: (rfq) => rfq.side,
      tone: (rfq) => (rfq.side === 'BUY' ? 'up' : 'down'),
    },
    {
      id: 'size',
      title: 'Size',
      kind: 'number',
      width: 96,
      value: (rfq) => Number(rfq.size),
      text: (rfq) => exactText(rfq.size),
      exported: (rfq) => rfq.size,
    },
    {
      id: 'quotes',
      title: 'Quotes',
      kind: 'number',
      width: 76,
      value: (rfq) => rfq.quotes.length,
      text: (rfq) => `${rfq.quotes.length} / ${rfq.lpIds.length}`,
      exported: (rfq) => String(rfq.quotes.length),
    },
    {
      id: 'price',
      title: 'Price',
      kind: 'number',
      width: 120,
      value: (rfq) => (shownQuote(rfq) === undefined ? null : Number(shownQuote(rfq)?.price)),
      text: (rfq) => exactText(shownQuote(rfq)?.price ?? '–', on.priceDecimals(rfq.instrumentId)),
      exported: (rfq) => shownQuote(rfq)?.price ?? '',
    },
    {
      id: 'lp',
      title: 'LP',
      kind: 'set',
      width: 92,
      value: (rfq) => shownQuote(rfq)?.lpId ?? null,
    },
    {
      id: 'spread',
      title: 'Spread',
      unit: 'bps',
      kind: 'number',
      width: 98,
      value: (rfq) => shownQuote(rfq)?.spreadBps ?? null,
      text: (rfq) => bps(shownQuote(rfq)?.spreadBps),
    },
    {
      id: 'impact',
      title: 'Impact',
      unit: 'bps',
      kind: 'number',
      width: 98,
      isHidden: true,
      value: (rfq) => shownQuote(rfq)?.impactBps ?? null,
      text: (rfq) => bps(shownQuote(rfq)?.impactBps),
    },
    {
      id: 'expiry',
      title: 'Expires',
      kind: 'time',
      width: 100,
      value: (rfq) => Date.parse(rfq.expiryTime),
      text: (rfq) => localInstantText(Date.parse(rfq.expiryTime)),
      exported: (rfq) => rfq.expiryTime,
    },
    {
      id: 'requester',
      title: 'Requester',
      kind: 'set',
      width: 96,
      value: (rfq) => rfq.requester,
    },
    { id: 'desk', title: 'Desk', kind: 'set', width: 70, isHidden: true, value: (rfq) => rfq.desk },
    {
      id: 'reason',
      title: 'Reason',
      kind: 'text',
      width: 138,
      value: (rfq) => rfq.reason?.text ?? null,
      tone: (rfq) => (rfq.state === 'REJECTED' ? 'down' : undefined),
    },
    {
      id: 'trade',
      title: 'Trade',
      kind: 'text',
      width: 100,
      value: (rfq) => rfq.tradeId,
      act: {
        label: (rfq) => `Show the trade ${rfq.tradeId}`,
        on: ({ tradeId }) => {
          if (tradeId !== null) on.showTrade(tradeId)
        },
      },
    },
    { id: 'rfqId', title: 'RFQ', kind: 'text', width: 110, value: (rfq) => rfq.rfqId },
    {
      id: 'updated',
      title: 'Updated',
      kind: 'time',
      width: 100,
      isHidden: true,
      value: (rfq) => Date.parse(rfq.updatedAt),
      text: (rfq) => localInstantText(Date.parse(rfq.updatedAt)),
      exported: (rfq) => rfq.updatedAt,
    },
    {
      id: 'correlation',
      title: 'Correlation id',
      kind: 'text',
      width: 120,
      value: (rfq) => rfq.correlationId,
      act: {
        label: (rfq) => `Show the chain of events of ${rfq.rfqId}`,
        on: (rfq) => on.showChain(rfq.correlationId),
      },
    },
  ]
}
