import { StreamsError } from '#streams'

interface Bound {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly doc: string
}

/** Every limit of the gateway, with its bounds and what happens there. */
export const GATEWAY_LIMITS = {
  bodyBytesMax: {
    default: 65_536,
    min: 1_024,
    max: 16_777_216,
    doc: 'Bytes of a request body; more is answered 413 and the connection closes.',
  },
  queryBytesMax: {
    default: 2_048,
    min: 64,
    max: 3_500,
    doc: 'Bytes of a query string; more is answered 414.',
  },
  requestTimeoutMs: {
    default: 10_000,
    min: 10,
    max: 120_000,
    doc: 'Time for one request, in ms; later it is answered 503.',
  },
  queryTimeoutMs: {
    default: 5_000,
    min: 10,
    max: 60_000,
    doc: 'Time for one query to ClickHouse, in ms; later it is answered 504.',
  },
  queriesInFlightMax: {
    default: 16,
    min: 1,
    max: 1_000,
    doc: 'Queries to ClickHouse at a time; more are answered 503.',
  },
  clientRequestsPerS: {
    default: 500,
    min: 1,
    max: 1_000_000,
    doc: 'Requests per second and client address; more are answered 429.',
  },
  clientRequestsBurst: {
    default: 2_000,
    min: 1,
    max: 1_000_000,
    doc: 'Requests that a client address may send at once.',
  },
  userRequestsPerS: {
    default: 200,
    min: 1,
    max: 1_000_000,
    doc: 'Requests per second and user; more are answered 429.',
  },
  userRequestsBurst: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    doc: 'Requests that a user may send at once.',
  },
  clientsTrackedMax: {
    default: 20_000,
    min: 16,
    max: 1_000_000,
    doc: 'Addresses and users whose rate is remembered; the longest silent is forgotten.',
  },
  loginAttemptsPerS: {
    default: 2,
    min: 0.01,
    max: 1_000,
    doc: 'Log-ins per second and client address; more are answered 429.',
  },
  loginAttemptsBurst: {
    default: 60,
    min: 1,
    max: 10_000,
    doc: 'Log-ins that a client address may try at once.',
  },
  passwordChecksInFlightMax: {
    default: 4,
    min: 1,
    max: 64,
    doc: 'Password hashes computed at a time (16 MiB each); more are answered 503.',
  },
  connectionsMax: {
    default: 10_000,
    min: 1,
    max: 100_000,
    doc: 'WebSocket connections; more are answered 503.',
  },
  userConnectionsMax: {
    default: 2_000,
    min: 1,
    max: 100_000,
    doc: 'WebSocket connections of one user; more are answered 429.',
  },
  messageBytesMax: {
    default: 131_072,
    min: 256,
    max: 1_048_576,
    doc: 'Bytes of a WebSocket message; a larger one closes the connection.',
  },
  messagesPerS: {
    default: 20,
    min: 1,
    max: 10_000,
    doc: 'WebSocket messages per second and connection; more close it (4429).',
  },
  messagesBurst: {
    default: 100,
    min: 1,
    max: 10_000,
    doc: 'WebSocket messages that a connection may send at once.',
  },
  subscriptionIdsMax: {
    default: 2_000,
    min: 1,
    max: 20_000,
    doc: 'Instruments that one connection is subscribed to; more are refused by name.',
  },
  instrumentsMax: {
    default: 50_000,
    min: 1,
    max: 1_000_000,
    doc: 'Instruments kept in a view; more are counted and not kept.',
  },
  marketSilentMs: {
    default: 15_000,
    min: 1_000,
    max: 600_000,
    doc: 'Time without any market data record, in ms, after which prices are marked stale here.',
  },
  topologyInstancesMax: {
    default: 1_000,
    min: 1,
    max: 100_000,
    doc: 'Reports of topologies that are kept, one per topology and process; more are counted and not kept.',
  },
  commandWaitMs: {
    default: 2_000,
    min: 10,
    max: 60_000,
    doc: 'Time for which a command waits for its outcome, in ms; later it is answered 202.',
  },
  positionWaitMs: {
    default: 2_000,
    min: 10,
    max: 60_000,
    doc: 'Time for which a read waits for its x-orion-position, in ms; later it is answered 504.',
  },
  commandsWaitingMax: {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: 'Commands that wait for the log; more are answered 503.',
  },
  outcomesRememberedMax: {
    default: 100_000,
    min: 16,
    max: 10_000_000,
    doc: 'Outcomes of commands that are remembered here; a retry of an older one asks the topology.',
  },
  rfqsPerTenantMax: {
    default: 10_000,
    min: 16,
    max: 1_000_000,
    doc: 'RFQs of a tenant that are kept in the view; beyond it the oldest that are over go.',
  },
  tradesPerTenantMax: {
    default: 10_000,
    min: 4,
    max: 1_000_000,
    doc: 'Trades of a tenant that are kept in the view, the newest.',
  },
  journalChangesMax: {
    default: 10_000,
    min: 4,
    max: 1_000_000,
    doc: 'Last changes of a tenant and channel kept for slow connections; one further behind begins again with a snapshot.',
  },
  journalSnapshotMax: {
    default: 1_000,
    min: 1,
    max: 10_000,
    doc: 'Items in the snapshot of rfqs, trades or alerts, the newest.',
  },
  chainEventsPerTenantMax: {
    default: 50_000,
    min: 100,
    max: 10_000_000,
    doc: 'Events of a tenant that are kept for chains of events; beyond it the chains that are longest quiet go.',
  },
  chainEventsMax: {
    default: 1_000,
    min: 10,
    max: 10_000,
    doc: 'Events of one chain that are kept, the first ones.',
  },
  alertsPerAudienceMax: {
    default: 1_000,
    min: 1,
    max: 100_000,
    doc: 'Notifications kept for each user and role, the newest.',
  },
  tcaPerTenantMax: {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: 'Trades of a tenant whose execution quality is kept, the newest.',
  },
  coalesceIntervalMs: {
    default: 100,
    min: 100,
    max: 10_000,
    doc: 'Time between two frames to a connection, in ms.',
  },
  frameSkipBytes: {
    default: 65_536,
    min: 0,
    max: 16_777_216,
    doc: 'Unsent bytes from which a connection skips frames until it has read.',
  },
  frameSliceMs: {
    default: 8,
    min: 1,
    max: 100,
    doc: 'Time for which frames are written before other work gets its turn, in ms.',
  },
  slowClientMs: {
    default: 30_000,
    min: 100,
    max: 600_000,
    doc: 'Time for which a connection may skip frames, in ms; then it is dropped.',
  },
  expiryWarningMs: {
    default: 30_000,
    min: 0,
    max: 600_000,
    doc: 'Time before the expiry of its token at which a connection is warned, in ms.',
  },
} as const satisfies Record<string, Bound>

export type GatewayLimits = Readonly<Record<keyof typeof GATEWAY_LIMITS, number>>

/** Defaults with these changes. @throws {StreamsError} GATEWAY_BAD_LIMIT */
export function gatewayLimits(changes: Partial<GatewayLimits> = {}): GatewayLimits {
  const entries = Object.entries(GATEWAY_LIMITS).map(([name, bound]) => {
    const value = (changes as Record<string, number | undefined>)[name] ?? bound.default
    if (!(value >= bound.min && value <= bound.max)) {
      throw new StreamsError(
        'GATEWAY_BAD_LIMIT',
        `${name} is ${value}`,
        {},
        `Choose a value from ${bound.min} to ${bound.max}. ${bound.doc}`,
      )
    }
    return [name, value]
  })
  return Object.fromEntries(entries) as GatewayLimits
}
