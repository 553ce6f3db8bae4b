import { marketDataTables } from './0001-market-data.ts'
import type { Migration } from './migration.ts'

/** In order. */
export const MIGRATIONS: readonly Migration[] = [marketDataTables]
