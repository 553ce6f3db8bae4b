import { StreamsError } from '../../errors.ts'

export interface QueryLimits {
  readonly bodyBytesMax: number
  readonly responseBytesMax: number
  readonly rowsMax: number
  readonly rowsScannedMax: number
  readonly requestTimeoutMs: number
  readonly peerTimeoutMs: number
  readonly peerTokenTtlMs: number
  readonly unreachableForMs: number
  readonly requestsInFlightMax: number
  readonly connectionsMax: number
  readonly callerRequestsPerS: number
  readonly callerRequestsBurst: number
  readonly callersTrackedMax: number
}

interface LimitOption {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly doc: string
}

const MEBIBYTE = 1024 * 1024

/** Every limit of a query server with its bounds. */
export const QUERY_LIMITS: Readonly<Record<keyof QueryLimits, LimitOption>> = {
  bodyBytesMax: {
    default: 65_536,
    min: 1_024,
    max: 16 * MEBIBYTE,
    doc: 'Body of a request, bytes; a larger one is refused.',
  },
  responseBytesMax: {
    default: 4 * MEBIBYTE,
    min: 65_536,
    max: 64 * MEBIBYTE,
    doc: 'Rows of one answer as JSON, bytes; a scan stops there and gives a cursor.',
  },
  rowsMax: {
    default: 1_000,
    min: 1,
    max: 100_000,
    doc: 'Largest limit that a request may ask for.',
  },
  rowsScannedMax: {
    default: 100_000,
    min: 100,
    max: 10_000_000,
    doc: 'Rows of one partition that a request looks at, left out ones included; a scan stops there and gives a cursor.',
  },
  requestTimeoutMs: {
    default: 5_000,
    min: 10,
    max: 60_000,
    doc: 'Longest time for an answer, retries and waiting for a position included, in ms.',
  },
  peerTimeoutMs: {
    default: 1_000,
    min: 10,
    max: 60_000,
    doc: 'Longest time that another instance is given where somebody else could answer, in ms.',
  },
  peerTokenTtlMs: {
    default: 10_000,
    min: 1_000,
    max: 60_000,
    doc: 'How long what one instance signs for another holds, in ms. Clocks may differ by this much.',
  },
  unreachableForMs: {
    default: 1_000,
    min: 0,
    max: 60_000,
    doc: 'How long an instance that did not answer is asked last, in ms.',
  },
  requestsInFlightMax: {
    default: 64,
    min: 1,
    max: 10_000,
    doc: 'Requests at a time; more are told to come back.',
  },
  connectionsMax: {
    default: 256,
    min: 1,
    max: 10_000,
    doc: 'Open connections; more are closed at once.',
  },
  callerRequestsPerS: {
    default: 500,
    min: 1,
    max: 1_000_000,
    doc: 'Requests a second of one caller: a user, or an address that has not shown who it is.',
  },
  callerRequestsBurst: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    doc: 'Requests of one caller at once after a quiet time.',
  },
  callersTrackedMax: {
    default: 10_000,
    min: 10,
    max: 1_000_000,
    doc: 'Callers whose rate is remembered; the one that was silent longest is forgotten.',
  },
}

/** @throws {StreamsError} STREAMS_INVALID_OPTION with every limit that is out of bounds */
export function queryLimitsOf(given: Partial<QueryLimits> = {}): QueryLimits {
  const faults: string[] = []
  const limits = {} as Record<keyof QueryLimits, number>
  for (const name of Object.keys(QUERY_LIMITS) as (keyof QueryLimits)[]) {
    const { default: fallback, min, max } = QUERY_LIMITS[name]
    const value = given[name] ?? fallback
    if (!Number.isInteger(value) || value < min || value > max)
      faults.push(`${name} is ${value}, not a whole number from ${min} to ${max}`)
    limits[name] = value
  }
  if (faults.length === 0) return limits
  throw new StreamsError(
    'STREAMS_INVALID_OPTION',
    faults.join('; '),
    {},
    'Correct the limits of the query server.',
  )
}
