import { z } from 'zod'
import type {
  Break,
  BreakKind,
  Confirmation,
  Page,
  Reconciliation,
  SettlementState,
  Trade,
} from '../protocol.ts'
import { SideSchema } from './rfq-schemas.ts'
import { AssetClassSchema, model, nextCursor } from './schemas.ts'

export const SETTLEMENT_STATES = [
  'PENDING',
  'RETRYING',
  'SETTLED',
  'FAILED',
] as const satisfies readonly SettlementState[]

const BREAK_KINDS = [
  'SETTLEMENT_FAILED',
  'NOT_CONFIRMED',
  'CONFIRMED_WITHOUT_TRADE',
  'TERMS_DIFFER',
] as const satisfies readonly BreakKind[]

const decimal = z.string().describe('A decimal, as text.')
const time = z.iso.datetime()

/** What trade and confirmation both say. */
const terms = {
  tradeId: z.string(),
  rfqId: z.string(),
  quoteId: z.string(),
  instrumentId: z.string(),
  assetClass: AssetClassSchema,
  side: SideSchema.describe('Of the requester.'),
  quantity: decimal,
  price: decimal,
  notional: decimal.describe('Quantity x price, in currency.'),
  currency: z.string(),
  buyer: z.string(),
  seller: z.string(),
  lpId: z.string(),
  venueId: z.string(),
  requester: z.string(),
  desk: z.string(),
  executedAt: time,
  tradeDate: z.iso.date(),
  correlationId: z.string(),
}

export const TradeSchema = model(
  'Trade',
  z.object({
    ...terms,
    confirmationId: z.string().nullable().describe('Null until it is confirmed.'),
    settlementDate: z.iso.date().nullable(),
    settlement: z
      .object({
        state: z.enum(SETTLEMENT_STATES),
        attempt: z.int().describe('Attempts made so far.'),
        reason: z.string().nullable().describe('Why the last attempt failed.'),
        nextAttemptAt: time.nullable(),
        settledAt: time.nullable(),
      })
      .nullable(),
  }) satisfies z.ZodType<Trade>,
)

export const TradePage = model(
  'TradePage',
  z.object({ items: z.array(TradeSchema), nextCursor }) satisfies z.ZodType<Page<Trade>>,
)

export const ConfirmationSchema = model(
  'Confirmation',
  z.object({
    ...terms,
    confirmationId: z.string(),
    instrumentName: z.string(),
    settlementDate: z.iso.date(),
    settlementCycle: z.string().describe('T+0, T+1, T+2'),
    calendar: z.string().describe('Whose holidays were minded.'),
    confirmedAt: time,
  }) satisfies z.ZodType<Confirmation>,
)

const BreakSchema = model(
  'Break',
  z.object({
    kind: z.enum(BREAK_KINDS),
    tradeId: z.string(),
    confirmationId: z.string().nullable(),
    instrumentId: z.string(),
    quantity: decimal,
    amount: decimal.describe('In currency.'),
    currency: z.string(),
    buyer: z.string(),
    seller: z.string(),
    executedAt: time,
    detail: z.string(),
    correlationId: z.string(),
  }) satisfies z.ZodType<Break>,
)

export const ReconciliationSchema = model(
  'Reconciliation',
  z.object({
    asOf: time,
    trades: z.int().describe('Trades that were looked at.'),
    completeAfter: time
      .nullable()
      .describe('Trades executed then or before are not all kept. Null when none was left out.'),
    unsettled: z.array(TradeSchema),
    breaks: z.array(BreakSchema),
  }) satisfies z.ZodType<Reconciliation>,
)
