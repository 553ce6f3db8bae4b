import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { StreamsError } from '#streams'
import { issueLocalToken } from '../identity.ts'
import { runningPorts } from '../operator/running-ports.ts'
import { dataDirOption, envOption, jsonOption } from './data-dir.ts'

interface QueryOptions {
  readonly dataDir: string
  readonly env: string
  readonly json: boolean
  readonly format: string
  readonly user: string
  readonly tenant: string
  readonly url?: string
}

const ANSWER_MS_MAX = 60_000

export function queryCommand(): Command {
  return new Command('query')
    .description("SQL on ClickHouse, as a user of the platform (read-only, the tenant's own rows)")
    .argument('<sql>', 'a query, or - for standard input')
    .addOption(dataDirOption())
    .addOption(envOption())
    .option('--format <format>', "ClickHouse's output format", 'PrettyCompact')
    .addOption(jsonOption().conflicts('format'))
    .option('--user <name>', 'whose rights apply', 'quant')
    .option('--tenant <tenant>', 'tenant of the user', 'demo')
    .option('--url <url>', 'SQL endpoint; the running process when left out')
    .action(async (sql: string, options: QueryOptions) => {
      const url = new URL(options.url ?? (await runningUrl(options.dataDir)))
      url.searchParams.set('default_format', options.json ? 'JSONEachRow' : options.format)
      const token = await issueLocalToken({
        dataDir: options.dataDir,
        env: options.env,
        user: options.user,
        tenant: options.tenant,
      })
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: sql === '-' ? readFileSync(0, 'utf8') : sql,
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
      const text = await response.text()
      if (!response.ok)
        throw new StreamsError(
          'QUERY_REFUSED',
          text.trim().replace(/\.$/, ''),
          {},
          'Correct the query; SHOW TABLES lists what there is',
        )
      process.stdout.write(text)
    })
}

async function runningUrl(dataDir: string): Promise<string> {
  const { sql } = await runningPorts(
    dataDir,
    'QUERY_NOT_RUNNING',
    'Run orion start, or give --url of a SQL endpoint',
  )
  if (sql > 0) return `http://127.0.0.1:${sql}/`
  throw new StreamsError(
    'QUERY_NO_ENGINE',
    'the running process serves no SQL: it has no embedded ClickHouse',
    {},
    'Give --url of the ClickHouse server',
  )
}
