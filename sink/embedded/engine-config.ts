import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN_DATABASE, DATABASE, READABLE_TABLES, type RowScopePart } from '../tables.ts'
import { SERVICE_ROW_SCOPE } from './access.ts'

/**
 * Configuration of the engine, written beside its data and read when it opens. What protects rows and machine stands here, out of
 * reach of any statement:
 *
 * - Grants: nothing but the two databases and the catalogue. No source (`file`, `url`, `s3`, `remote`, ...), no user management.
 * - Row policies on every readable table. The rows that pass are named by the setting `log_comment`, the one free text that a session
 *   has here (`custom_settings_prefixes` is not honoured by the library); `readonly = 1` fixes it. Unset, no row passes. A policy holds
 *   for `merge()`, projections, subqueries and whatever else reads the table.
 */
export function writeEngineConfig(
  directory: string,
  { memoryBytesMax }: { readonly memoryBytesMax: number },
): string {
  mkdirSync(directory, { recursive: true })
  const users = join(directory, 'users.xml')
  const config = join(directory, 'config.xml')
  writeFileSync(users, usersXml(), { mode: 0o600 })
  writeFileSync(config, configXml(users, memoryBytesMax), { mode: 0o600 })
  return config
}

const GRANTS = [
  `GRANT SELECT, INSERT, CREATE, ALTER, DROP, TRUNCATE, OPTIMIZE, SHOW ON ${DATABASE}.*`,
  `GRANT SELECT, INSERT, CREATE, ALTER, DROP, TRUNCATE, OPTIMIZE, SHOW ON ${ADMIN_DATABASE}.*`,
  'GRANT SELECT ON system.*',
  'GRANT KILL QUERY ON *.*',
]

/** Where the part stands in the row scope (access.ts). */
const SCOPE_PLACES: Readonly<Record<RowScopePart, number>> = {
  market: 1,
  'dead-letters': 2,
  trading: 3,
}

function usersXml(): string {
  const policies = Object.entries(READABLE_TABLES).map(([table, scope]) => {
    const scoped = `has(splitByChar(',', splitByChar(';', getSetting('log_comment'))[${SCOPE_PLACES[scope]}]), tenant_id)`
    return `<${table}><filter>getSetting('log_comment') = '${SERVICE_ROW_SCOPE}' OR ${scoped}</filter></${table}>`
  })
  return `<clickhouse>
<profiles><default></default></profiles>
<quotas><default></default></quotas>
<users><default>
<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
<grants>${GRANTS.map((grant) => `<query>${grant}</query>`).join('')}</grants>
<databases><${DATABASE}>${policies.join('')}</${DATABASE}></databases>
</default></users>
</clickhouse>
`
}

function configXml(users: string, memoryBytesMax: number): string {
  return `<clickhouse>
<users_config>${escapeXml(users)}</users_config>
<user_directories><users_xml><path>${escapeXml(users)}</path></users_xml></user_directories>
<max_server_memory_usage>${memoryBytesMax}</max_server_memory_usage>
<mark_cache_size>67108864</mark_cache_size>
<uncompressed_cache_size>0</uncompressed_cache_size>
<background_pool_size>2</background_pool_size>
<logger><level>none</level></logger>
</clickhouse>
`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
