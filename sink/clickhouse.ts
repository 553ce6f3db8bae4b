import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { StreamsError } from '#streams'

export interface ClickHouseOptions {
  /** `http(s)://host:port`; may carry `user:password@`. */
  readonly url: string
  /** Of the embedded engine: its service token. Leave out where the URL has the credentials. */
  readonly serviceToken?: string
  /** Of one request; default 60 s. */
  readonly requestTimeoutMs?: number
}

type Parameters = Readonly<Record<string, unknown>>
type Settings = Readonly<Record<string, string | number>>

/** What Orion needs of ClickHouse, embedded or a server. Parameters are bound (`{name:Type}`), never written into a statement. */
export interface ClickHouse {
  /** @throws {StreamsError} SINK_UNAVAILABLE (no answer), SINK_ROWS_REFUSED (the rows are at fault), SINK_REFUSED (anything else) */
  query<Row>(sql: string, parameters?: Parameters, settings?: Settings): Promise<readonly Row[]>
  /** A statement without rows. */
  command(sql: string, parameters?: Parameters): Promise<void>
  /** Rows of `JSONCompactEachRow`, one line each, in pieces, as one insert. */
  insert(insert: {
    readonly table: string
    readonly columns: readonly string[]
    readonly lines: Iterable<Uint8Array>
    readonly settings?: Settings
  }): Promise<void>
  /** A statement with its own FORMAT; the reply as text. */
  text(sql: string): Promise<string>
  ping(): Promise<boolean>
  close(): Promise<void>
}

/** Connects lazily: nothing is sent until the first call. */
export function openClickHouse(options: ClickHouseOptions): ClickHouse {
  return new ClickHouseOverHttp(
    createClient({
      url: options.url,
      ...(options.serviceToken === undefined
        ? {}
        : { username: 'default', password: options.serviceToken }),
      application: 'orion',
      // Failures come as errors and are logged, or retried, by who asked.
      log: { level: ClickHouseLogLevel.OFF },
      request_timeout: options.requestTimeoutMs ?? 60_000,
      max_open_connections: 8,
      keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    }),
  )
}

class ClickHouseOverHttp implements ClickHouse {
  readonly #client: ClickHouseClient

  constructor(client: ClickHouseClient) {
    this.#client = client
  }

  async query<Row>(
    sql: string,
    parameters: Parameters = {},
    settings: Settings = {},
  ): Promise<readonly Row[]> {
    try {
      const result = await this.#client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: parameters,
        // Offsets and counts stay below 2^53: numbers, not text.
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0, ...settings },
      })
      return await result.json<Row>()
    } catch (cause) {
      throw failure(cause)
    }
  }

  async command(sql: string, parameters: Parameters = {}): Promise<void> {
    try {
      await this.#client.command({ query: sql, query_params: parameters })
    } catch (cause) {
      throw failure(cause)
    }
  }

  async insert({ table, columns, lines, settings = {} }: InsertOptions): Promise<void> {
    try {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow`,
        values: Readable.from(lines, { objectMode: false }),
        clickhouse_settings: settings,
      })
      for await (const _ of stream) {
        // Nothing comes; reading to the end gives the connection back.
      }
    } catch (cause) {
      throw failure(cause)
    }
  }

  async text(sql: string): Promise<string> {
    try {
      const { stream } = await this.#client.exec({ query: sql })
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      return Buffer.concat(chunks).toString('utf8')
    } catch (cause) {
      throw failure(cause)
    }
  }

  async ping(): Promise<boolean> {
    return (await this.#client.ping()).success
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

type InsertOptions = globalThis.Parameters<ClickHouse['insert']>[0]

/** Codes of ClickHouse that blame the rows: parsing, types, enums, nulls, ranges. Any other failure is not theirs. */
const ROW_FAULTS: ReadonlySet<number> = new Set([
  6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 407, 441, 467, 691,
])

function failure(cause: unknown): StreamsError {
  const what = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof Error && 'code' in cause ? Number(cause.code) : Number.NaN
  if (ROW_FAULTS.has(code)) {
    return new StreamsError(
      'SINK_ROWS_REFUSED',
      `ClickHouse refused the rows: code ${code}: ${what}`,
      {},
      'See which row is at fault.',
      cause,
    )
  }
  if (Number.isInteger(code)) {
    return new StreamsError(
      'SINK_REFUSED',
      `ClickHouse refused: code ${code}: ${what}`,
      {},
      'See what the code means; running short of memory, disk or merges passes.',
      cause,
    )
  }
  return new StreamsError(
    'SINK_UNAVAILABLE',
    `ClickHouse did not answer: ${what}`,
    {},
    'It is tried again; see the log of the engine or server.',
    cause,
  )
}
