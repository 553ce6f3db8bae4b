import { marketDataTables } from './0001-market-data.ts'
import { trading } from './0002-trading.ts'
import type { Migration } from './migration.ts'

/** In order. */
export const MIGRATIONS: readonly Migration[] = [marketDataTables, trading]
