import type {
  LifecycleEnvelope,
  LpRoute,
  Mark,
  RankedQuote,
  Requester,
  RfqSummary,
  RiskDecision,
} from '#avro'
import { exact, exactOrNull, finiteOrNull, type RowEncoder, timeText } from './row-encoder.ts'

/** Columns beside the common ones, with what stands where an event does not speak of them. */
const COLUMNS = {
  instrument_id: '',
  rfq_id: '',
  version: 0,
  state: '',
  command_id: null,
  command: '',
  reason: '',
  text: '',
  user_id: '',
  desk: '',
  asset_class: '',
  currency: '',
  venue_id: '',
  side: '',
  size: null,
  min_size: null,
  partial_allowed: null,
  created_time: null,
  expiry_time: null,
  closed_time: null,
  decision_time: null,
  execution_time: null,
  quote_id: '',
  lp_id: '',
  trade_id: '',
  price: null,
  quantity: null,
  spread_bps: null,
  impact_bps: null,
  drift_bps: null,
  mark_bid: null,
  mark_ask: null,
  mark_mid: null,
  mark_time: null,
  execution_bid: null,
  execution_ask: null,
  execution_mid: null,
  invited: [],
  winner_lp_id: null,
  last_look_rejected: [],
  quotes: [],
  decisions: [],
  routes: [],
} as const satisfies Record<string, unknown>

type Facts = { readonly [C in keyof typeof COLUMNS]?: unknown }

const NAMES = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]

/**
 * Every event of the lifecycle, one row a record. An event fills the columns that it speaks of: the instrument, for one, stands on what creates,
 * sends, accepts and ends an RFQ; the others are found by `rfq_id`. `mark_*` is the market of its decision.
 */
export const rfqRow: RowEncoder<LifecycleEnvelope> = {
  table: 'rfqs',
  columns: ['tenant_id', 'event_time', ...NAMES],
  values(event) {
    const facts = factsOf(event)
    const row: unknown[] = [event.tenantId, timeText(event.occurredAt)]
    for (const name of NAMES) row.push(facts[name] === undefined ? COLUMNS[name] : facts[name])
    return row
  },
}

function factsOf(event: LifecycleEnvelope): Facts {
  const { rfqId, version, state, commandId } = event.payload
  return { rfq_id: rfqId, version, state, command_id: commandId, ...ownFacts(event) }
}

function ownFacts(event: LifecycleEnvelope): Facts {
  switch (event.eventType) {
    case 'RFQCreated': {
      const { payload } = event
      return {
        instrument_id: payload.instrumentId,
        asset_class: payload.assetClass,
        currency: payload.currency,
        side: payload.side,
        size: exact(payload.size),
        min_size: exactOrNull(payload.minSize),
        partial_allowed: payload.partialAllowed,
        venue_id: payload.venueId ?? '',
        ...ofRequester(payload.requester),
        created_time: timeText(payload.createdAtMs),
        expiry_time: timeText(payload.expiryTimeMs),
        ...ofMark(payload.mark),
        decisions: payload.decisions.map(decisionTuple),
      }
    }
    case 'RFQSent': {
      const { payload } = event
      return {
        instrument_id: payload.instrumentId,
        asset_class: payload.assetClass,
        side: payload.side,
        size: exact(payload.size),
        min_size: exactOrNull(payload.minSize),
        partial_allowed: payload.partialAllowed,
        expiry_time: timeText(payload.expiryTimeMs),
        invited: payload.lpIds,
        routes: payload.routes.map(routeTuple),
      }
    }
    case 'RFQRejected': {
      const { reason, text, decisions, routes, summary } = event.payload
      return {
        reason,
        text,
        decisions: decisions.map(decisionTuple),
        routes: routes.map(routeTuple),
        ...ofSummary(summary),
      }
    }
    case 'QuotesRanked': {
      const { payload } = event
      return {
        reason: payload.cause,
        quote_id: payload.quoteId,
        quotes: payload.quotes.map(rankedTuple),
        ...ofMark(payload.mark),
      }
    }
    case 'QuoteRejected':
      return { ...ofQuoteId(event.payload), ...ofReason(event.payload) }
    case 'LastLookStarted':
      return {
        ...ofQuoteId(event.payload),
        expiry_time: timeText(event.payload.untilMs),
        ...ofMark(event.payload.decision),
      }
    case 'QuoteAccepted': {
      const { payload } = event
      return {
        instrument_id: payload.instrumentId,
        asset_class: payload.assetClass,
        currency: payload.currency,
        side: payload.side,
        quantity: exact(payload.quantity),
        venue_id: payload.venueId ?? '',
        ...ofRequester(payload.requester),
        ...ofQuote(payload.quote),
        created_time: timeText(payload.createdAtMs),
        decision_time: timeText(payload.decisionTimeMs),
        ...ofMark(payload.decision),
      }
    }
    case 'QuoteAcceptanceRejected':
      return {
        ...ofQuoteId(event.payload),
        ...ofReason(event.payload),
        drift_bps: finiteOrNull(event.payload.driftBps, 'drift_bps'),
      }
    case 'RFQCommandRefused': {
      const { command, userId } = event.payload
      return { command, user_id: userId, ...ofReason(event.payload) }
    }
    case 'RFQCommandRepeated':
      return {
        command: event.payload.command,
        reason: event.payload.reason,
        text: event.payload.outcomeEventType,
      }
    case 'RFQCancelled':
      return { text: event.payload.cancelledBy, ...ofSummary(event.payload.summary) }
    case 'RFQExpired':
      return ofSummary(event.payload.summary)
    case 'RFQTraded': {
      const { payload } = event
      return {
        ...ofSummary(payload.summary),
        ...ofQuote(payload.quote),
        trade_id: payload.tradeId,
        currency: payload.currency,
        quantity: exact(payload.quantity),
        price: exact(payload.price),
        venue_id: payload.venueId ?? '',
        decision_time: timeText(payload.decisionTimeMs),
        execution_time: timeText(payload.executionTimeMs),
        ...ofMark(payload.decision),
        execution_bid: finiteOrNull(payload.execution?.bid ?? null, 'execution_bid'),
        execution_ask: finiteOrNull(payload.execution?.ask ?? null, 'execution_ask'),
        execution_mid: finiteOrNull(payload.execution?.mid ?? null, 'execution_mid'),
      }
    }
  }
}

function ofSummary(summary: RfqSummary): Facts {
  return {
    instrument_id: summary.instrumentId,
    asset_class: summary.assetClass,
    side: summary.side,
    size: exact(summary.size),
    ...ofRequester(summary.requester),
    created_time: timeText(summary.createdAtMs),
    closed_time: timeText(summary.closedAtMs),
    invited: summary.invited,
    winner_lp_id: summary.winnerLpId,
    last_look_rejected: summary.lastLookRejectedLpIds,
    quotes: summary.quotes.map((quote) => [
      quote.quoteId,
      quote.lpId,
      quote.quotedBy,
      exact(quote.price),
      exact(quote.size),
      quote.rank,
      quote.responseMs,
      null,
      null,
    ]),
  }
}

function ofRequester({ userId, desk }: Requester): Facts {
  return { user_id: userId, desk }
}

function ofQuoteId({ quoteId, lpId }: { readonly quoteId: string; readonly lpId: string }): Facts {
  return { quote_id: quoteId, lp_id: lpId }
}

function ofReason({ reason, text }: { readonly reason: string; readonly text: string }): Facts {
  return { reason, text }
}

function ofQuote(quote: RankedQuote): Facts {
  return {
    ...ofQuoteId(quote),
    price: exact(quote.price),
    spread_bps: finiteOrNull(quote.spreadBps, 'spread_bps'),
    impact_bps: finiteOrNull(quote.impactBps, 'impact_bps'),
  }
}

function ofMark(mark: Mark | null): Facts {
  if (mark === null) return {}
  return {
    mark_bid: finiteOrNull(mark.bid, 'mark_bid'),
    mark_ask: finiteOrNull(mark.ask, 'mark_ask'),
    mark_mid: finiteOrNull(mark.mid, 'mark_mid'),
    mark_time: timeText(mark.eventTimeMs),
  }
}

function rankedTuple(quote: RankedQuote): readonly unknown[] {
  return [
    quote.quoteId,
    quote.lpId,
    quote.quotedBy,
    exact(quote.price),
    exact(quote.size),
    quote.rank,
    null,
    finiteOrNull(quote.spreadBps, 'quotes.spread_bps'),
    finiteOrNull(quote.impactBps, 'quotes.impact_bps'),
  ]
}

function decisionTuple(decision: RiskDecision): readonly unknown[] {
  return [decision.rule, decision.passed, decision.figure, decision.limit, decision.reason]
}

function routeTuple(route: LpRoute): readonly unknown[] {
  return [route.lpId, route.eligible, route.reason]
}
