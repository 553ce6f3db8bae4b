import type { DeadLetterCause } from '#streams'

/** Why a feed message is put on the dead-letter topic. Codes are stable; the texts may improve. */
const REFUSALS = {
  MARKET_DATA_UNREADABLE: 'Correct the source or its adapter, then replay the row.',
  MARKET_DATA_NO_VALUE: 'A feed message has a value; correct the producer of this topic.',
  MARKET_DATA_UNKNOWN_KIND: 'Run a version of market-data that knows this kind, then replay.',
  MARKET_DATA_KEY_MISMATCH: 'Key feed messages by platform|<instrumentId>.',
  MARKET_DATA_UNKNOWN_INSTRUMENT: 'Add the instrument to the reference data, then replay.',
  MARKET_DATA_INSTRUMENT_DISABLED: 'Enable the instrument, or stop its feed.',
  MARKET_DATA_BAD_TIME: "Correct the source's clock or the adapter's time zone.",
  MARKET_DATA_EMPTY: 'A quote needs a side; a bar needs prices.',
  MARKET_DATA_BAD_PRICE:
    'Prices are at most 1e12, and positive where the asset class cannot be negative.',
  MARKET_DATA_BAD_SIZE: 'Sizes are from 0 to 1e15.',
  MARKET_DATA_BAD_BAR: 'A bar has an interval in whole ms, and its high is not below its low.',
  MARKET_DATA_BAD_DEPTH: 'Levels hold a price and a size; update ids are whole and in order.',
} as const

export type RefusalCode = keyof typeof REFUSALS

export function refusal(code: RefusalCode, what: string): DeadLetterCause {
  return { code, what, remedy: REFUSALS[code] }
}

export const REFUSAL_CODES = Object.keys(REFUSALS) as readonly RefusalCode[]
