import { Decimal } from 'decimal.js'
import { z } from 'zod'
import type { Page, Rfq, RfqQuote, RfqRequest, RfqState, Side } from '../protocol.ts'
import { AssetClassSchema, InstrumentId, model, NameSchema, nextCursor } from './schemas.ts'

export const RFQ_STATES = [
  'CREATED',
  'SENT',
  'QUOTING',
  'ACCEPTED',
  'REJECTED',
  'EXPIRED',
  'CANCELLED',
  'TRADED',
] as const satisfies readonly RfqState[]

export const SideSchema = z.enum(['BUY', 'SELL'] satisfies Side[])

/** What the log's decimals hold: 20 digits before the point and 18 behind it. */
const Amount = z
  .string()
  .regex(/^(?=.*[1-9])\d{1,20}(\.\d{1,18})?$/, 'a decimal above 0, as text')
  .describe('A decimal above 0, as text.')
const Price = z
  .string()
  .regex(/^-?\d{1,20}(\.\d{1,18})?$/, 'a decimal, as text')
  .describe('A decimal, as text.')

/** Of an RFQ, a quote, a trade or a correlation. */
export const EntityId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'up to 64 letters, digits and . _ : -')

const expirySeconds = z.int().min(1).max(3_600)

export const RfqRequestSchema = model(
  'RfqRequest',
  z
    .strictObject({
      instrumentId: InstrumentId,
      side: SideSchema,
      size: Amount,
      expirySeconds,
      minSize: Amount.exactOptional(),
      partialAllowed: z.boolean().exactOptional(),
      venueId: NameSchema.exactOptional(),
    })
    .refine(({ minSize, size }) => minSize === undefined || new Decimal(minSize).lte(size), {
      path: ['minSize'],
      message: 'must not be above size',
    }) satisfies z.ZodType<RfqRequest>,
)

export const AcceptRequestSchema = model(
  'RfqAccept',
  z.strictObject({
    quoteId: EntityId,
    version: z.int().min(1).max(1_000_000).describe('Of the RFQ as it was seen.'),
  }),
)

export const QuoteRequestSchema = model(
  'RfqQuoteRequest',
  z.strictObject({
    price: Price,
    size: Amount.exactOptional().describe('All of it if not given.'),
    expirySeconds: expirySeconds.exactOptional().describe("The provider's own time if not given."),
    lpId: EntityId.exactOptional().describe('The one desk that was asked if not given.'),
  }),
)

const decimal = z.string().describe('A decimal, as text.')
const time = z.iso.datetime()

const RfqQuoteSchema = model(
  'RfqQuote',
  z.object({
    quoteId: z.string(),
    lpId: z.string(),
    quotedBy: z.string().describe('bot, or the user who quoted.'),
    price: decimal,
    size: decimal,
    expiresAt: time,
    receivedAt: time,
    rank: z.int().describe('1 is the best.'),
    spreadBps: z.number().nullable().describe('Cost against the mid.'),
    impactBps: z.number().nullable().describe('Cost against the touch.'),
  }) satisfies z.ZodType<RfqQuote>,
)

export const RfqSchema = model(
  'Rfq',
  z.object({
    rfqId: z.string(),
    state: z.enum(RFQ_STATES),
    version: z.int().describe('Counts changes of state; an accept names it.'),
    instrumentId: z.string(),
    assetClass: AssetClassSchema,
    currency: z.string(),
    side: SideSchema,
    size: decimal,
    minSize: decimal.nullable(),
    partialAllowed: z.boolean(),
    venueId: z.string().nullable(),
    requester: z.string(),
    desk: z.string(),
    createdAt: time,
    expiryTime: time,
    updatedAt: time,
    lpIds: z.array(z.string()).describe('Who was asked.'),
    quotes: z
      .array(RfqQuoteSchema)
      .describe('Best first; what can be accepted now, and once it is over the one that won.'),
    acceptedQuoteId: z.string().nullable(),
    lastLookUntil: time.nullable(),
    tradeId: z.string().nullable(),
    reason: z
      .object({ code: z.string(), text: z.string() })
      .nullable()
      .describe('Why it was rejected, or what was last refused.'),
    decisions: z.array(
      z.object({
        rule: z.string(),
        passed: z.boolean(),
        figure: z.string(),
        limit: z.string(),
        reason: z.string(),
      }),
    ),
    correlationId: z.string(),
  }) satisfies z.ZodType<Rfq>,
)

export const RfqPage = model(
  'RfqPage',
  z.object({ items: z.array(RfqSchema), nextCursor }) satisfies z.ZodType<Page<Rfq>>,
)

export const RfqQuotePage = model(
  'RfqQuotePage',
  z.object({ items: z.array(RfqQuoteSchema), nextCursor }) satisfies z.ZodType<Page<RfqQuote>>,
)
