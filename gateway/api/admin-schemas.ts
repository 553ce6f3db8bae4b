import { z } from 'zod'
import { ASSET_CLASSES } from '../identity/roles.ts'
import type {
  AdminInstrument,
  Flag,
  KillSwitch,
  KillSwitchState,
  Limits,
  LiquidityProvider,
  Venue,
} from '../protocol.ts'
import { AssetClassSchema, InstrumentId, InstrumentSchema, models } from './schemas.ts'

function model<S extends z.ZodType>(id: string, schema: S): S {
  models.add(schema, { id })
  return schema
}

const Id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9._-]+$/, 'letters, digits, dots, hyphens and underscores')
const Name = z.string().trim().min(1).max(100)
const AssetClasses = z
  .array(z.enum(ASSET_CLASSES).exclude(['UNKNOWN']))
  .min(1)
  .max(6)
const Currency = z.string().regex(/^[A-Z0-9]{3,10}$/, '3 to 10 capital letters or digits')
const Positive = z
  .string()
  .max(40)
  .regex(/^\d{1,20}(\.\d{1,18})?$/, 'a decimal as text, without sign or exponent')
  .refine((text) => /[1-9]/.test(text), 'must be above 0')
const Hours = z.string().max(64).refine(areHours, '24x7, 24x5, or HH:MM-HH:MM Area/City')
const Sequence = z
  .int()
  .min(0)
  .optional()
  .describe(
    'That the change is based on, as read; 0: there is none of your own. Without it the last one wins.',
  )
const within = (min: number, max: number) => z.number().min(min).max(max)

export const LiquidityProviderBody = z
  .strictObject({
    lpId: Id,
    name: Name,
    kind: z.enum(['BOT', 'DESK']),
    enabled: z.boolean(),
    assetClasses: AssetClasses,
    instrumentIds: z
      .array(InstrumentId)
      .max(1_000)
      .default([])
      .describe('Empty: all of the asset classes.'),
    venueIds: z.array(Id).max(100).default([]).describe('Empty: any.'),
    tenantIds: z.array(Id).max(1_000).default([]).describe('Only of the platform’s; empty: all.'),
    rfqsPerSecond: z.int().min(1).max(10_000),
    minNotional: Positive.nullable().default(null),
    maxNotional: Positive.nullable().default(null),
    quoteTtlMs: z.int().min(100).max(600_000),
    lastLook: z
      .strictObject({
        windowMs: z.int().min(0).max(60_000),
        maxDriftBps: within(0, 10_000),
        maxQuoteAgeMs: z.int().min(1).max(600_000).nullable().default(null),
      })
      .nullable()
      .default(null),
    personality: z
      .strictObject({
        halfSpreadBps: within(0, 10_000),
        skewBps: within(0, 10_000),
        inventoryMax: Positive,
        responseMedianMs: within(0, 60_000),
        responseSigma: within(0, 10),
        declineProbability: within(0, 1),
        sizeImpactBps: within(0, 10_000),
      })
      .nullable()
      .default(null)
      .describe('How a BOT quotes.'),
    sequence: Sequence,
  })
  .refine(({ kind, personality }) => kind !== 'BOT' || personality !== null, {
    path: ['personality'],
    message: 'a BOT has one',
  })
  .refine(({ kind, personality }) => kind !== 'DESK' || personality === null, {
    path: ['personality'],
    message: 'a DESK has none: people quote',
  })

export const VenueBody = z.strictObject({
  venueId: Id,
  name: Name,
  executionTypes: z
    .array(z.enum(['RFQ', 'CLOB']))
    .min(1)
    .max(2),
  assetClasses: AssetClasses,
  sessions: Hours,
  enabled: z.boolean(),
  sequence: Sequence,
})

export const LimitsBody = z.strictObject({
  scope: z.enum(['TENANT', 'DESK', 'USER']),
  subject: Id.describe('Tenant, desk or user.'),
  rfqsPerMinute: z.int().min(0).max(1_000_000).nullable().default(null),
  rfqMaxNotional: Positive.nullable().default(null),
  notionalCurrency: Currency.default('USD'),
  instrumentIds: z.array(InstrumentId).max(1_000).nullable().default(null),
  venueIds: z.array(Id).max(100).nullable().default(null),
  sequence: Sequence,
})

export const FlagBody = z.strictObject({ flag: Id, enabled: z.boolean(), sequence: Sequence })

export const InstrumentBody = z
  .strictObject({
    instrumentId: InstrumentId,
    symbol: z
      .string()
      .min(1)
      .max(60)
      .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces'),
    venue: Id,
    name: Name,
    assetClass: z.enum(ASSET_CLASSES).exclude(['UNKNOWN']),
    currency: Currency,
    tickSize: Positive,
    lotSize: Positive,
    priceDecimals: z.int().min(0).max(18),
    priceBasis: z.enum(['MID', 'TRADE']),
    staleAfterMs: z.int().min(100).max(86_400_000),
    tenor: z.string().min(1).max(20).nullable().default(null),
    tradingHours: Hours,
    enabled: z.boolean(),
    sequence: Sequence,
  })
  .refine(({ instrumentId, symbol, venue }) => instrumentId === `${symbol}.${venue}`, {
    path: ['instrumentId'],
    message: 'must be <symbol>.<venue>',
  })

export const KillSwitchBody = z.strictObject({
  reason: z.string().trim().min(3).max(500).describe('Traders read it.'),
  scope: z
    .enum(['TENANT', 'GLOBAL'])
    .default('TENANT')
    .describe('GLOBAL: all tenants; needs the role PLATFORM.'),
})

const record = {
  tenant: z
    .string()
    .describe('platform: shared by all tenants, unless one has its own of the same id.'),
  sequence: z.int().describe('Counts the changes of your own; 0 for one of the platform.'),
  changedAt: z.iso.datetime(),
  changedBy: z.string().nullable(),
}
const decimal = z.string().describe('A decimal, as text.')

export const LiquidityProviderSchema = model(
  'LiquidityProvider',
  z.object({
    ...record,
    lpId: z.string(),
    name: z.string(),
    kind: z.enum(['BOT', 'DESK']),
    enabled: z.boolean(),
    assetClasses: z.array(AssetClassSchema),
    instrumentIds: z.array(z.string()),
    venueIds: z.array(z.string()),
    tenantIds: z.array(z.string()),
    rfqsPerSecond: z.int(),
    minNotional: decimal.nullable(),
    maxNotional: decimal.nullable(),
    quoteTtlMs: z.int(),
    lastLook: z
      .object({
        windowMs: z.int(),
        maxDriftBps: z.number(),
        maxQuoteAgeMs: z.int().nullable(),
      })
      .nullable(),
    personality: z
      .object({
        halfSpreadBps: z.number(),
        skewBps: z.number(),
        inventoryMax: decimal,
        responseMedianMs: z.number(),
        responseSigma: z.number(),
        declineProbability: z.number(),
        sizeImpactBps: z.number(),
      })
      .nullable(),
  }) satisfies z.ZodType<LiquidityProvider>,
)

export const VenueSchema = model(
  'Venue',
  z.object({
    ...record,
    venueId: z.string(),
    name: z.string(),
    executionTypes: z.array(z.enum(['RFQ', 'CLOB'])),
    assetClasses: z.array(AssetClassSchema),
    sessions: z.string(),
    enabled: z.boolean(),
  }) satisfies z.ZodType<Venue>,
)

export const LimitsSchema = model(
  'Limits',
  z.object({
    ...record,
    scope: z.enum(['TENANT', 'DESK', 'USER']),
    subject: z.string(),
    rfqsPerMinute: z.int().nullable(),
    rfqMaxNotional: decimal.nullable(),
    notionalCurrency: z.string(),
    instrumentIds: z.array(z.string()).nullable(),
    venueIds: z.array(z.string()).nullable(),
  }) satisfies z.ZodType<Limits>,
)

export const FlagSchema = model(
  'Flag',
  z.object({ ...record, flag: z.string(), enabled: z.boolean() }) satisfies z.ZodType<Flag>,
)

export const AdminInstrumentSchema = model(
  'AdminInstrument',
  z.object({
    ...record,
    ...InstrumentSchema.shape,
    priceBasis: z.enum(['MID', 'TRADE']),
  }) satisfies z.ZodType<AdminInstrument>,
)

export const KillSwitchStateSchema = model(
  'KillSwitchState',
  z.object({
    scope: z.enum(['TENANT', 'GLOBAL']),
    enabled: z.boolean(),
    reason: z.string().nullable(),
    changedBy: z.string().nullable(),
    changedAt: z.iso.datetime().nullable(),
    sequence: z.int(),
  }) satisfies z.ZodType<KillSwitchState>,
)

export const KillSwitchSchema = model(
  'KillSwitch',
  z.object({
    enabled: z.boolean().describe('Trading of your tenant is stopped, by either.'),
    tenant: KillSwitchStateSchema,
    global: KillSwitchStateSchema,
  }) satisfies z.ZodType<KillSwitch>,
)

function areHours(text: string): boolean {
  if (text === '24x7' || text === '24x5') return true
  const zone = /^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d (\S+)$/.exec(text)?.[1]
  if (zone === undefined) return false
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
