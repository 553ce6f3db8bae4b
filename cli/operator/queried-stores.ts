import {
  type HostInfo,
  type QueryAnswer,
  QueryClient,
  type QueryTerms,
  StreamsError,
} from '#streams'
import { applicationId } from '../start/open-topology.ts'
import type { StoreRangeArgs, StoreRow } from './operator.ts'

/** A row that another instance told. */
export interface QueriedRow extends StoreRow {
  /** A standby answered, since the owner did not. */
  readonly stale?: true
  /** Changelog records that the standby is known to be behind. */
  readonly lag?: number | null
}

const TOKEN_VARIABLE = 'ORION_TOKEN'
const PAGE_ROWS = 1_000
const TERMS: QueryTerms = { stale: 'allowed' }

/** Stores of running instances, asked over their query ports: whichever has a partition answers, and a standby where the owner is gone. */
export class QueriedStores {
  readonly #hosts: readonly HostInfo[]
  readonly #env: string
  readonly #token: string

  /**
   * @param hosts host:port, separated by commas
   * @throws {StreamsError} QUERY_HOSTS_INVALID, QUERY_TOKEN_MISSING
   */
  constructor(
    hosts: string,
    env: string,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#hosts = hosts.split(',').map((text) => {
      const { host, port } = /^(?<host>[^\s:/@]+):(?<port>\d{1,5})$/.exec(text.trim())?.groups ?? {}
      if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
      throw new StreamsError(
        'QUERY_HOSTS_INVALID',
        `--query-host has ${JSON.stringify(text)}, which is not host:port`,
        {},
        'Give the query ports of one or more instances, e.g. orion-1:7400,orion-2:7400',
      )
    })
    const token = environment[TOKEN_VARIABLE]
    if (token === undefined || token === '')
      throw new StreamsError(
        'QUERY_TOKEN_MISSING',
        `--query-host needs a token, and ${TOKEN_VARIABLE} is not set`,
        {},
        `Set it: export ${TOKEN_VARIABLE}=$(orion token ...); see orion token --help`,
      )
    this.#env = env
    this.#token = token
  }

  /** As `Operator.storeGet`. @throws {QueryProblem} */
  async *get(args: StoreRangeArgs & { readonly key: string }): AsyncIterable<QueriedRow> {
    const { store, key, fromTimeMs: fromMs, toTimeMs: toMs } = args
    const times = {
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    }
    const client = this.#client(args)
    const terms = termsOf(args)
    try {
      const { kind } = await client.metadata(store)
      switch (kind) {
        case 'key-value':
          requireNoTimes(args)
          yield* rowsOf(await client.get(store, key, terms))
          break
        case 'versioned': {
          const asOf = toMs === undefined ? {} : { asOfMs: toMs }
          yield* rowsOf(await client.getVersion(store, key, { ...terms, ...asOf }))
          break
        }
        case 'window':
          yield* rowsOf(
            await client.fetchWindows(store, key, { ...terms, ...times, limit: PAGE_ROWS }),
          )
          break
        case 'session':
          yield* rowsOf(
            await client.fetchSessions(store, key, { ...terms, ...times, limit: PAGE_ROWS }),
          )
          break
      }
    } finally {
      client.close()
    }
  }

  /** As `Operator.storeRange`, of key-value stores, in the order of keys over all partitions. @throws {QueryProblem} */
  async *range(args: StoreRangeArgs & { readonly limit: number }): AsyncIterable<QueriedRow> {
    const { store, from, to, prefix } = args
    requireNoTimes(args)
    const client = this.#client(args)
    try {
      let left = args.limit
      let cursor: string | undefined
      do {
        const limit = Math.min(left, PAGE_ROWS)
        const terms = { ...termsOf(args), limit, ...(cursor === undefined ? {} : { cursor }) }
        const bounds = {
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        }
        const page =
          prefix === undefined
            ? await client.range(store, bounds, terms)
            : await client.prefixScan(store, prefix, terms)
        yield* rowsOf(page)
        left -= page.rows.length
        cursor = page.cursor
      } while (cursor !== undefined && left > 0)
    } finally {
      client.close()
    }
  }

  #client({ topology }: StoreRangeArgs): QueryClient {
    return new QueryClient({
      hosts: this.#hosts,
      applicationId: applicationId(this.#env, topology),
      credential: () => this.#token,
    })
  }
}

function termsOf({ partition }: StoreRangeArgs): QueryTerms {
  return partition === undefined ? TERMS : { ...TERMS, partition }
}

function requireNoTimes({ store, fromTimeMs, toTimeMs }: StoreRangeArgs): void {
  if (fromTimeMs === undefined && toTimeMs === undefined) return
  throw new StreamsError(
    'STORE_WITHOUT_TIMES',
    'a key-value store, the only kind that query ports scan, has no windows and no history',
    { store },
    'Leave --from-time and --to-time out, or ask for one key.',
  )
}

function* rowsOf({ rows, parts }: QueryAnswer): Iterable<QueriedRow> {
  for (const row of rows) {
    const part = parts.find(({ partition }) => partition === row.partition)
    yield part?.role === 'standby' ? { ...row, stale: true, lag: part.lag } : row
  }
}
