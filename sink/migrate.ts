import { createHash } from 'node:crypto'
import { type Logger, StreamsError } from '#streams'
import type { ClickHouse } from './clickhouse.ts'
import type { Migration } from './migrations/migration.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import { ADMIN_DATABASE, DATABASE } from './tables.ts'

/**
 * Brings the schema up to this version of the code; does nothing where it is. One process at a time: the sink calls it at start.
 * @throws {StreamsError} SINK_SCHEMA_NEWER when the database was migrated by later code; SINK_SCHEMA_CHANGED when an applied migration
 *   reads otherwise now
 */
export async function migrate(
  clickhouse: ClickHouse,
  logger: Logger,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<{ readonly applied: readonly number[] }> {
  await clickhouse.command(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`)
  await clickhouse.command(`CREATE DATABASE IF NOT EXISTS ${ADMIN_DATABASE}`)
  await clickhouse.command(
    `CREATE TABLE IF NOT EXISTS ${ADMIN_DATABASE}.migrations
     (version UInt32, name String, checksum String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version`,
  )
  const rows = await clickhouse.query<{ version: number; checksum: string }>(
    `SELECT version, any(checksum) AS checksum FROM ${ADMIN_DATABASE}.migrations GROUP BY version`,
  )
  const done = new Map(rows.map((row) => [row.version, row.checksum]))
  refuseForeign(done, migrations)
  const applied: number[] = []
  for (const migration of migrations) {
    if (done.has(migration.version)) continue
    for (const statement of migration.statements) await clickhouse.command(statement)
    await clickhouse.command(
      `INSERT INTO ${ADMIN_DATABASE}.migrations (version, name, checksum) SELECT {version:UInt32}, {name:String}, {checksum:String}`,
      { version: migration.version, name: migration.name, checksum: checksumOf(migration) },
    )
    applied.push(migration.version)
    logger.info({ version: migration.version, name: migration.name }, 'clickhouse schema migrated')
  }
  return { applied }
}

function refuseForeign(done: ReadonlyMap<number, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  for (const [version, checksum] of done) {
    const migration = known.get(version)
    if (migration === undefined) {
      throw new StreamsError(
        'SINK_SCHEMA_NEWER',
        `ClickHouse has schema version ${version}, this program knows ${migrations.length}`,
        {},
        'Start a later version of the program, or another ClickHouse directory.',
      )
    }
    if (checksumOf(migration) !== checksum) {
      throw new StreamsError(
        'SINK_SCHEMA_CHANGED',
        `migration ${version} (${migration.name}) is not the one that was applied`,
        {},
        'Put the released migration back and write the change as a new one.',
      )
    }
  }
}

function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.statements.join('\n;\n')).digest('hex')
}
