import { ClickHouseError } from './clickhouse-error.ts'

/** Bounds of a user's query. A user may lower those of `lowerable`, and nothing else. */
const BOUNDS = {
  max_execution_time: 10,
  max_memory_usage: 400_000_000,
  max_result_rows: 1_000_000,
  max_result_bytes: 67_108_864,
  max_rows_to_read: 500_000_000,
  max_bytes_to_read: 50_000_000_000,
  max_threads: 2,
} as const

export const READER_LIMITS = {
  queryBytesMax: 262_144,
  executionTimeMsMax: BOUNDS.max_execution_time * 1_000,
  settings: new Map<string, string>([
    ...Object.entries(BOUNDS).map(([name, bound]) => [name, String(bound)] as const),
    ['result_overflow_mode', 'throw'],
    ['timeout_overflow_mode', 'throw'],
    ['max_temporary_data_on_disk_size_for_query', '1000000000'],
    // A cache keyed by the condition must not carry one tenant's result to another.
    ['use_query_condition_cache', '0'],
    ['use_query_cache', '0'],
    ['allow_introspection_functions', '0'],
    ['allow_ddl', '0'],
  ]),
} as const

/** Settings that change how a result is written or read, not what it may cost. */
const HARMLESS =
  /^(?:output_format_(?:json|csv|tsv|native|arrow|parquet|pretty|decimal|write)_\w+|date_time_output_format|session_timezone|join_use_nulls|format_csv_delimiter|prefer_column_name_to_alias)$/u

/** What a user's request may set. @throws {ClickHouseError} 164 for other settings, 452 for one beyond its bound */
export function readerSettings(asked: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  for (const [name, value] of asked) {
    if (HARMLESS.test(name)) continue
    const bound = Object.entries(BOUNDS).find(([known]) => known === name)?.[1]
    if (bound === undefined)
      throw new ClickHouseError(164, `Cannot modify '${name}' setting in readonly mode`)
    const number = Number(value)
    if (!(number > 0 && number <= bound)) {
      throw new ClickHouseError(452, `Setting ${name} should be above 0 and at most ${bound}`)
    }
  }
  return asked
}
