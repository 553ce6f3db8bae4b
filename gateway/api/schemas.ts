import { z } from 'zod'
import { ASSET_CLASSES, ROLES } from '../identity/roles.ts'
import type {
  Bar,
  DepthLevel,
  Instrument,
  MarketSnapshot,
  Me,
  Page,
  Problem,
  Quality,
  Session,
  TopologyStatus,
  TopologySummary,
} from '../protocol.ts'

/** Named schemas: they become components of the API's description. */
export const models = z.registry<{ readonly id: string }>()

export function model<S extends z.ZodType>(id: string, schema: S): S {
  models.add(schema, { id })
  return schema
}

export const NameSchema = z.string().min(1).max(64)

export const InstrumentId = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces')

export const Login = model(
  'Login',
  z.strictObject({ tenant: NameSchema, user: NameSchema, password: z.string().min(1).max(256) }),
)
export const Refresh = model(
  'Refresh',
  z.strictObject({ refreshToken: z.string().min(1).max(256) }),
)

export const SessionSchema = model(
  'Session',
  z.object({
    accessToken: z.string().describe('A JWT; send it as Authorization: Bearer.'),
    refreshToken: z.string().describe('Good for one use at /api/v1/refresh.'),
    expiresAt: z.iso.datetime().describe('Of the access token.'),
  }) satisfies z.ZodType<Session>,
)

export const AssetClassSchema = model('AssetClass', z.enum(ASSET_CLASSES))

export const MeSchema = model(
  'Me',
  z.object({
    user: z.string(),
    tenant: z.string(),
    desk: z.string().describe('Whose members share RFQs and trades; empty: none.'),
    roles: z.array(z.enum(ROLES)),
    entitlements: z.object({ assetClasses: z.array(AssetClassSchema) }),
  }) satisfies z.ZodType<Me>,
)

const decimal = z.string().describe('A decimal, as text.')
const timeMs = z.int().describe('Milliseconds since the epoch, UTC.')
const price = z.number().nullable()

export const InstrumentSchema = model(
  'Instrument',
  z.object({
    instrumentId: z.string(),
    symbol: z.string(),
    venue: z.string(),
    name: z.string(),
    assetClass: AssetClassSchema,
    currency: z.string(),
    tickSize: decimal,
    lotSize: decimal,
    priceDecimals: z.int(),
    staleAfterMs: z.int(),
    tenor: z.string().nullable(),
    tradingHours: z.string(),
    enabled: z.boolean(),
  }) satisfies z.ZodType<Instrument>,
)

const QUALITIES = [
  'GOOD',
  'UNKNOWN',
  'INDICATIVE',
  'SUSPICIOUS',
  'LATE',
  'CROSSED',
  'ONE_SIDED',
] as const satisfies readonly Quality[]

const DepthLevelSchema = model(
  'DepthLevel',
  z.object({ price: z.number(), size: z.number() }) satisfies z.ZodType<DepthLevel>,
)

export const MarketSnapshotSchema = model(
  'MarketSnapshot',
  z.object({
    instrumentId: z.string(),
    bid: price,
    ask: price,
    mid: price,
    eventTimeMs: timeMs,
    publishedAtMs: timeMs.describe('When the gateway took the value from its topic.'),
    sequence: z.int().describe('Counts the snapshots of this instrument.'),
    stale: z.boolean(),
    quality: z.enum(QUALITIES).describe('GOOD, or the worst flag.'),
    bidSize: price,
    askSize: price,
    lastPrice: price,
    lastSize: price,
    dayOpen: price,
    dayHigh: price,
    dayLow: price,
    dayVolume: z.number(),
    bids: z.array(DepthLevelSchema),
    asks: z.array(DepthLevelSchema),
    source: z.string(),
  }) satisfies z.ZodType<MarketSnapshot>,
)

const BarSchema = model(
  'Bar',
  z.object({
    windowStartMs: timeMs,
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: z.number(),
    vwap: z.number().nullable(),
    ticks: z.int(),
    origin: z.enum(['COMPUTED', 'FEED']),
  }) satisfies z.ZodType<Bar>,
)

const summary = {
  topology: z.string(),
  applicationId: z.string(),
  state: z
    .string()
    .describe(
      'RUNNING when it is so in every instance, else of one that is not: CREATED, REBALANCING, PENDING_SHUTDOWN, NOT_RUNNING, PENDING_ERROR or ERROR; and how many instances are silent.',
    ),
  instances: z.int().describe('Processes that run it.'),
  tasks: z.int().describe('Active ones, of all instances.'),
  runningTasks: z.int(),
  lag: z.int().describe('Records that wait in all inputs.'),
}

const TopologySummarySchema = model(
  'TopologySummary',
  z.object(summary) satisfies z.ZodType<TopologySummary>,
)

const topicPartition = { topic: z.string(), partition: z.int() }

const TopologyStoreSchema = model(
  'TopologyStore',
  z.object({
    store: z.string(),
    bytes: z.number().describe('Estimated size of keys and values.'),
    restore: z
      .object({
        restored: z.int(),
        total: z.int(),
        recordsPerSecond: z.number().nullable(),
        secondsLeft: z.number().nullable(),
      })
      .nullable()
      .describe('Of the changelog; null once the store is restored.'),
  }),
)

const TopologyTaskSchema = model(
  'TopologyTask',
  z.object({
    taskId: z.string(),
    subTopologyId: z.int(),
    partition: z.int(),
    role: z.enum(['ACTIVE', 'STANDBY']),
    state: z
      .string()
      .describe('CREATED, RESTORING, RUNNING, SUSPENDED or CLOSED; and what it waits for.'),
    instance: z.string().describe('Which process has it.'),
    thread: z.string(),
    asOfMs: timeMs.describe('When the instance reported it, by its own clock.'),
    nodes: z
      .record(z.string(), z.number())
      .describe('Records taken by each node since the task began.'),
    inputs: z.array(
      z.object({
        ...topicPartition,
        position: z.number().nullable(),
        lag: z.number().nullable(),
      }),
    ),
    stores: z.array(TopologyStoreSchema),
  }),
)

const TopologyInstanceSchema = model(
  'TopologyInstance',
  z.object({
    instance: z.string().describe('<host>/<process>'),
    processId: z.string(),
    version: z.string().describe('Of the program.'),
    state: z.string(),
    error: z.string().nullable(),
    ageMs: z.number().describe('Since its last report.'),
    silent: z.boolean().describe('Nothing was heard of it for 15 s; after 60 s it is left out.'),
    sameGraph: z.boolean().describe('Whether it runs the graph that is shown.'),
    tasks: z.int().describe('Active and standby.'),
    tasksLeftOut: z.int().describe('Of these, not in taskList.'),
  }),
)

const TopologyDiagramSchema = model(
  'TopologyDiagram',
  z.object({
    width: z.number(),
    height: z.number(),
    boxWidth: z.number(),
    boxHeight: z.number(),
    frames: z.array(
      z.object({
        title: z.string(),
        subTopologyId: z.int().nullable().describe('Null: a global store.'),
        x: z.number(),
        y: z.number(),
        width: z.number(),
        height: z.number(),
        boxes: z.array(
          z.object({
            shape: z.enum(['topic', 'node', 'store']),
            name: z.string(),
            x: z.number(),
            y: z.number(),
          }),
        ),
        edges: z.array(z.object({ from: z.int(), to: z.int() })).describe('By index of the boxes.'),
      }),
    ),
  }),
)

export const TopologyStatusSchema = model(
  'TopologyStatus',
  z.object({
    ...summary,
    asOfMs: timeMs,
    error: z.string().nullable().describe('Why it is in ERROR.'),
    diagram: TopologyDiagramSchema,
    instanceList: z.array(TopologyInstanceSchema),
    taskList: z.array(TopologyTaskSchema),
    globalStores: z.array(z.object({ store: z.string(), topic: z.string(), bytes: z.number() })),
  }) satisfies z.ZodType<TopologyStatus>,
)

export const nextCursor = z
  .string()
  .nullable()
  .describe('Send it as cursor for the next page; null on the last.')

export const InstrumentPage = model(
  'InstrumentPage',
  z.object({ items: z.array(InstrumentSchema), nextCursor }) satisfies z.ZodType<Page<Instrument>>,
)
export const TopologyPage = model(
  'TopologyPage',
  z.object({ items: z.array(TopologySummarySchema), nextCursor }),
)
export const BarPage = model(
  'BarPage',
  z.object({ items: z.array(BarSchema), nextCursor }) satisfies z.ZodType<Page<Bar>>,
)

export const ProblemSchema = model(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    correlationId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).exactOptional(),
  }) satisfies z.ZodType<Problem>,
)

export const Readiness = model(
  'Readiness',
  z.object({
    status: z.enum(['ready', 'not-ready']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  }),
)

export const Health = model('Health', z.object({ status: z.literal('up') }))

export const RevokedSessions = model('RevokedSessions', z.object({ sessions: z.int() }))

export const Jwks = model('Jwks', z.object({ keys: z.array(z.record(z.string(), z.unknown())) }))
