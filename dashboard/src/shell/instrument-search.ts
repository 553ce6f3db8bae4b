import type { Instrument } from '#sdk'

const RESULTS_MAX = 12

/**
 * Instruments that match what was typed, best first: the symbol itself, symbols that begin with it, those that contain it, names. Case and
 * separators do not matter (`eur/usd`, `eurusd`). With nothing typed, the recent ones.
 */
export function searchInstruments(
  instruments: readonly Instrument[],
  typed: string,
  recent: readonly string[] = [],
): readonly Instrument[] {
  const wanted = plain(typed)
  if (wanted === '') {
    const byId = new Map(instruments.map((instrument) => [instrument.instrumentId, instrument]))
    return recent.flatMap((id) => byId.get(id) ?? []).slice(0, RESULTS_MAX)
  }
  const ranked: { readonly instrument: Instrument; readonly rank: number }[] = []
  for (const instrument of instruments) {
    const rank = rankOf(instrument, wanted)
    if (rank !== undefined) ranked.push({ instrument, rank })
  }
  const recency = (id: string) => (recent.includes(id) ? recent.indexOf(id) : recent.length)
  return ranked
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        recency(a.instrument.instrumentId) - recency(b.instrument.instrumentId) ||
        (a.instrument.instrumentId < b.instrument.instrumentId ? -1 : 1),
    )
    .slice(0, RESULTS_MAX)
    .map(({ instrument }) => instrument)
}

function rankOf({ instrumentId, symbol, name }: Instrument, wanted: string): number | undefined {
  const [plainId, plainSymbol] = [plain(instrumentId), plain(symbol)]
  if (plainSymbol === wanted || plainId === wanted) return 0
  if (plainSymbol.startsWith(wanted)) return 1
  if (plainId.includes(wanted)) return 2
  return plain(name).includes(wanted) ? 3 : undefined
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** The instrument first, at most as many as are shown. */
export function withRecent(recent: readonly string[], instrumentId: string): readonly string[] {
  return [instrumentId, ...recent.filter((id) => id !== instrumentId)].slice(0, RESULTS_MAX)
}
