import { Session } from 'chdb'
import { DATABASE } from '../tables.ts'
import { type Caller, SERVICE_ROW_SCOPE } from './access.ts'
import { ClickHouseError, engineError } from './clickhouse-error.ts'
import { queryFence } from './query-fence.ts'
import { READER_LIMITS } from './reader-limits.ts'
import { stringLiteral } from './string-literal.ts'

export interface EngineRequest {
  readonly sql: string
  readonly queryId: string
  /** Format where the statement names none. */
  readonly defaultFormat: string
  readonly database: string
  /** Checked already (reader-limits.ts): names are identifiers. */
  readonly settings: ReadonlyMap<string, string>
  readonly parameters: ReadonlyMap<string, string>
}

export interface EngineReply {
  readonly body: Uint8Array
  readonly format: string
  readonly rowsRead: number
  readonly rowsWritten: number
}

export interface InsertRequest extends EngineRequest {
  readonly data: Uint8Array
}

/**
 * The database of this process. Every statement runs on a session of its own, which costs 0.3 ms: a user's session is given its row
 * scope and limits, then `readonly = 1`, from where no statement can change a setting.
 */
export class Engine {
  readonly #directory: string
  readonly #books: Session
  readonly #fence: ReturnType<typeof queryFence>

  constructor(directory: string, configFile: string) {
    this.#directory = directory
    this.#books = new Session(directory, { connectionArgs: [`--config-file=${configFile}`] })
    this.#books.query(`SET log_comment = '${SERVICE_ROW_SCOPE}'`)
    this.#books.query(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`)
    this.#fence = queryFence({
      functions: this.#rows<{
        name: string
        categories: string
        alias_to: string
        is_aggregate: number
      }>('SELECT name, categories, alias_to, is_aggregate FROM system.functions').map((row) => ({
        name: row.name.toLowerCase(),
        category: row.categories.toLowerCase(),
        aliasOf: row.alias_to.toLowerCase(),
        aggregate: Number(row.is_aggregate) === 1,
      })),
      tableFunctions: this.#rows<{ name: string }>('SELECT name FROM system.table_functions').map(
        (row) => row.name.toLowerCase(),
      ),
      types: this.#rows<{ name: string }>('SELECT name FROM system.data_type_families').map((row) =>
        row.name.toLowerCase(),
      ),
    })
  }

  timezone(): string {
    return this.#books.query('SELECT timezone()', 'TSVRaw').trim()
  }

  async query(caller: Caller, request: EngineRequest): Promise<EngineReply> {
    if (caller.kind === 'service')
      return this.#run(SERVICE_ROW_SCOPE, false, request, request.sql, request.defaultFormat)
    const { sql, format } = this.#fence(this.#canonical(request.sql))
    // The query's id makes the comment unique, so that exactly this query can be stopped.
    const scope = `${caller.rowScope};${request.queryId}`
    return this.#run(scope, true, request, sql, format ?? request.defaultFormat)
  }

  /** One insert of raw bytes; text formats of one line a row. Service only. */
  async insert(request: InsertRequest): Promise<EngineReply> {
    const parts =
      /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([\w.`]+)\s*(?:\(([^)]*)\))?\s*FORMAT\s+(\w+)\s*$/iu.exec(
        request.sql,
      )
    const [, table = '', columns, format = ''] = parts ?? []
    if (!isRawFormat(format)) {
      throw new ClickHouseError(
        48,
        `Insert as INSERT INTO table (columns) FORMAT ${RAW_FORMATS.join('|')}`,
      )
    }
    return this.#session(SERVICE_ROW_SCOPE, false, request, async (session) => {
      const done = await session.insert({
        table: table.replaceAll('`', ''),
        values: request.data,
        format,
        ...(columns === undefined
          ? {}
          : { columns: columns.split(',').map((name) => name.trim().replaceAll('`', '')) }),
      })
      return { body: new Uint8Array(), format, rowsRead: 0, rowsWritten: done.rowsWritten }
    })
  }

  /** Stops a user's running query, if it is running still. */
  stop(queryId: string): void {
    try {
      this.#books.query(
        `KILL QUERY WHERE endsWith(Settings['log_comment'], ${stringLiteral(`;${queryId}`)}) ASYNC`,
      )
    } catch {
      // It ended meanwhile.
    }
  }

  close(): void {
    this.#books.close()
  }

  #run(
    scope: string,
    reader: boolean,
    request: EngineRequest,
    sql: string,
    format: string,
  ): Promise<EngineReply> {
    return this.#session(scope, reader, request, async (session) => {
      if (reader) refuseSettings(session, sql)
      const result = await session.queryAsync(sql, { format })
      return { body: result.bytes(), format, rowsRead: result.rowsRead, rowsWritten: 0 }
    })
  }

  async #session<T>(
    scope: string,
    reader: boolean,
    request: EngineRequest,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = new Session(this.#directory)
    try {
      const settings = new Map([...(reader ? READER_LIMITS.settings : []), ...request.settings])
      settings.set('log_comment', scope)
      session.query(
        `SET ${[...settings].map(([name, value]) => `${name} = ${stringLiteral(value)}`).join(', ')}`,
      )
      for (const [name, value] of request.parameters)
        session.query(`SET param_${name} = ${stringLiteral(value)}`)
      session.query(`USE ${request.database}`)
      if (reader) session.query('SET readonly = 1')
      return await work(session)
    } catch (cause) {
      throw engineError(cause)
    } finally {
      session.close()
    }
  }

  /** The engine's own reading of the statement; refuses several statements at once. */
  #canonical(sql: string): string {
    if (Buffer.byteLength(sql) > READER_LIMITS.queryBytesMax) {
      throw new ClickHouseError(
        223,
        `The query is longer than ${READER_LIMITS.queryBytesMax} bytes`,
      )
    }
    try {
      return this.#books.query(`SELECT formatQuerySingleLine(${stringLiteral(sql)})`, 'RawBLOB')
    } catch (cause) {
      throw engineError(cause)
    }
  }

  #rows<T>(sql: string): readonly T[] {
    const lines = this.#books.query(sql, 'JSONEachRow').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T)
  }
}

const RAW_FORMATS = ['JSONEachRow', 'JSONCompactEachRow', 'TabSeparated', 'TSV', 'CSV'] as const

function isRawFormat(format: string): format is (typeof RAW_FORMATS)[number] {
  return RAW_FORMATS.some((known) => known === format)
}

/**
 * The row scope is a setting, and the engine takes a SETTINGS clause of a subquery without asking `readonly`. The fence refuses the
 * word; here the engine's own syntax tree is asked whether such a clause is in it.
 */
function refuseSettings(session: Session, sql: string): void {
  const tree = session.query(
    `EXPLAIN AST ${sql.replace(/^EXPLAIN (?:AST|SYNTAX|QUERY TREE) /u, '')}`,
    'TSVRaw',
  )
  if (/^\s*Set(?:\s|$)/mu.test(tree)) {
    throw new ClickHouseError(164, 'SETTINGS is not allowed: send settings with the request')
  }
}
