import { expect } from 'vitest'
import { noMetrics, silentLogger } from '#streams'
import { connectOperator } from '../operator/control-client.ts'
import { withOperator } from '../operator/open-operator.ts'
import { openLog } from '../start/open-log.ts'
import { all } from './platform.ts'
import { orion, runOrion } from './run-orion.ts'
import { type PartitionDigest, topicDigest } from './topic-digest.ts'

const STREAMS = ['marketdata.ticks', 'marketdata.snapshots', 'marketdata.bars']
const STORES = [
  ['market-data', 'last-ticks'],
  ['snapshots', 'snapshots'],
  ['bars', 'open-bars'],
] as const
const TABLES = ['ticks', 'snapshots', 'bars']

export const QUIET = [
  '--port',
  '0',
  '--sql-port',
  '0',
  '--registry-port',
  '0',
  '--log-level',
  'warn',
]

export interface Installation {
  readonly dataDir: string
  readonly brokers?: string
}

/** What a run left behind, so that two runs can be compared. */
export interface Outcome {
  readonly topics: Readonly<Record<string, readonly PartitionDigest[]>>
  /** `<topology>/<store>-<partition> <entries> <digest>` */
  readonly stores: readonly string[]
  /** Rows, different events and the sum of their hashes, of each table. */
  readonly tables: readonly unknown[]
}

export function installationArgs({ dataDir, brokers }: Installation): string[] {
  return ['--data-dir', dataDir, ...(brokers === undefined ? [] : ['--brokers', brokers])]
}

/** Reads topics, stores and tables of an installation that is not running. */
export async function outcomeOf(installation: Installation): Promise<Outcome> {
  const log = await openLog(installation, { logger: silentLogger, metrics: noMetrics })
  const topics: Record<string, readonly PartitionDigest[]> = {}
  try {
    for (const stream of STREAMS) topics[stream] = await topicDigest(log, `dev.${stream}.v1`)
  } finally {
    await log.close()
  }
  const stores = await withOperator(
    { env: 'dev', json: true, ...installation },
    async (operator) => {
      const lines: string[] = []
      for (const [topology, store] of STORES)
        for (const one of await all(operator.storeChecksum({ topology, store })))
          lines.push(`${topology}/${store}-${one.partition} ${one.entries} ${one.digest}`)
      expect(lines.length).toBeGreaterThan(0)
      return lines
    },
  )
  return { topics, stores, tables: await tablesOf(installation) }
}

/** Also lets the sink say whether its rows agree with the topics. */
async function tablesOf(installation: Installation): Promise<readonly unknown[]> {
  const process = runOrion(['start', ...installationArgs(installation), ...QUIET, '--feed', 'none'])
  await process.ready()
  try {
    const sql = TABLES.map(
      (table) =>
        `SELECT '${table}' AS name, count() AS rows, uniqExact(event_id) AS events, sum(cityHash64(event_id)) AS hash FROM orion.${table}`,
    ).join(' UNION ALL ')
    const { stdout, stderr, status } = await orion(
      'query',
      `SELECT * FROM (${sql}) ORDER BY name`,
      '--data-dir',
      installation.dataDir,
      '--format',
      'JSONEachRow',
    )
    expect(status, stderr).toBe(0)
    const checks = await all(connectOperator(installation.dataDir).sinkCheck({}))
    expect(checks.filter(({ ok }) => ok !== true)).toEqual([])
    expect(checks.length).toBeGreaterThan(0)
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  } finally {
    process.kill('SIGTERM')
    expect(await process.ended()).toBe(0)
  }
}
