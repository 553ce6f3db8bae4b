/** Why a command or a quote changed nothing. Codes are stable; the sentences, which traders read, may improve. */
const TEXTS = {
  RFQ_NOT_FOUND: 'There is no such RFQ, or it ended so long ago that it is forgotten.',
  RFQ_EXISTS: 'An RFQ of this id exists already.',
  RFQ_REJECTED: 'The RFQ was rejected: nobody was asked.',
  RFQ_EXPIRED: 'The RFQ has expired.',
  RFQ_CANCELLED: 'The RFQ was cancelled.',
  RFQ_ACCEPTED: 'A quote has been accepted: that is binding.',
  RFQ_TRADED: 'The RFQ has been traded.',
  EXPIRY_PAST: 'The expiry was over before the RFQ could be sent.',
  ACCEPTANCE_PENDING: 'An acceptance is in last look: the liquidity provider has not answered yet.',
  IDEMPOTENCY_KEY_REUSED: 'This idempotency key stands for another request.',
  TOO_MANY_COMMANDS: 'The RFQ has had as many commands as it takes.',
  NOT_REQUESTER: 'Only who asked may accept.',
  NOT_YOUR_DESK: 'Only who asked, or a trader of the same desk, may cancel.',
  VERSION_CONFLICT: 'The RFQ has changed since you last saw it.',
  NO_QUOTE: 'There is no quote that could be accepted now.',
  QUOTE_NOT_FOUND: 'There is no such quote.',
  QUOTE_EXPIRED: 'The quote has expired.',
  QUOTE_WITHDRAWN: 'The liquidity provider has refused this quote in last look.',
  QUOTE_DUPLICATE: 'This quote was taken already.',
  LP_NOT_INVITED: 'The liquidity provider was not asked.',
  QUOTE_PRICE: 'A price is above 0 here.',
  QUOTE_NOT_FULL: 'The RFQ is for the full size only.',
  QUOTE_TOO_SMALL: 'The size is below the smallest that was asked for.',
  QUOTE_TOO_LARGE: 'The size is above what was asked for.',
  QUOTE_NOT_BOOKABLE: 'Price times size has more digits than a trade can keep.',
  TOO_MANY_QUOTES: 'The RFQ has as many quotes as it takes.',
  LAST_LOOK_AGE: 'Last look: the quote was too old when it was accepted.',
  LAST_LOOK_DRIFT: 'Last look: the market moved against the liquidity provider.',
} as const

export type Reason = keyof typeof TEXTS

export function textOf(reason: Reason): string {
  return TEXTS[reason]
}
