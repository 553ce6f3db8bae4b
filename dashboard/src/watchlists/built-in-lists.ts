import type { AssetClass, Instrument } from '#sdk'
import { ALL_ID } from './watchlists.ts'

/** A list that follows from the instruments: everything, and one per asset class. */
export interface BuiltInList {
  readonly id: string
  readonly name: string
  readonly instrumentIds: readonly string[]
}

const NAMES: readonly (readonly [AssetClass, string])[] = [
  ['FX', 'FX'],
  ['RATES', 'Rates'],
  ['CREDIT', 'Credit'],
  ['EQUITY', 'Equity'],
  ['CRYPTO', 'Crypto'],
  ['COMMODITY', 'Commodity'],
]

export function builtInLists(instruments: readonly Instrument[]): readonly BuiltInList[] {
  const ids = (of: readonly Instrument[]) => of.map((instrument) => instrument.instrumentId)
  const classes = NAMES.map(([assetClass, name]) => ({
    id: `class-${assetClass}`,
    name,
    instrumentIds: ids(instruments.filter((instrument) => instrument.assetClass === assetClass)),
  }))
  return [
    { id: ALL_ID, name: 'All', instrumentIds: ids(instruments) },
    ...classes.filter((list) => list.instrumentIds.length > 0),
  ]
}
