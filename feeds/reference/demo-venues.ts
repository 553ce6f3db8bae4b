import type { AssetClass, InstrumentUpdated, VenueUpdated } from '#avro'

/**
 * The platform's own venue, and one for each venue of reference that instruments name. A simulation or a recording runs at any hour of any
 * day, so these are always open; the instruments keep the hours of the markets that they stand for.
 */
export function demoVenues(
  instruments: readonly Pick<InstrumentUpdated, 'venue' | 'assetClass'>[],
): readonly VenueUpdated[] {
  const classes = new Map<string, Set<AssetClass>>()
  for (const { venue, assetClass } of instruments)
    classes.set(venue, (classes.get(venue) ?? new Set()).add(assetClass))
  const all: readonly AssetClass[] = ['FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO', 'COMMODITY']
  return [
    alwaysOpen('ORION', 'Orion, between its members', ['RFQ'], all),
    ...[...classes].map(([venueId, assetClasses]) =>
      alwaysOpen(venueId, `${venueId}, as demonstrated`, ['RFQ', 'CLOB'], [...assetClasses]),
    ),
  ]
}

function alwaysOpen(
  venueId: string,
  name: string,
  executionTypes: readonly string[],
  assetClasses: readonly AssetClass[],
): VenueUpdated {
  return { venueId, name, executionTypes, assetClasses, sessions: '24x7', enabled: true }
}
