import type { MarketItem, Quality } from '#sdk'

const WORDS: Readonly<Record<Quality, string>> = {
  GOOD: 'live',
  UNKNOWN: 'unknown',
  INDICATIVE: 'indicative',
  SUSPICIOUS: 'suspicious',
  LATE: 'late',
  CROSSED: 'crossed',
  ONE_SIDED: 'one-sided',
}

export type StatusTone = 'good' | 'warning' | 'bad' | 'off'

const TONES: Readonly<Record<Quality, StatusTone>> = {
  GOOD: 'good',
  UNKNOWN: 'warning',
  INDICATIVE: 'warning',
  SUSPICIOUS: 'bad',
  LATE: 'warning',
  CROSSED: 'bad',
  ONE_SIDED: 'warning',
}

/** A word on a price: STALE before anything else; without a connection nothing is live; then its quality. */
export function statusOf(
  item: Pick<MarketItem, 'stale' | 'quality'> | undefined,
  isConnected: boolean,
): { readonly text: string; readonly tone: StatusTone } {
  if (item === undefined) return { text: 'no price', tone: 'off' }
  if (!item.stale && !isConnected) return { text: 'not live', tone: 'off' }
  if (item.stale) return { text: 'STALE', tone: 'off' }
  return { text: WORDS[item.quality], tone: TONES[item.quality] }
}
