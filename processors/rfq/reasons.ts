/** Why a command or a quote changed nothing. Codes are stable; the sentences, which traders read, may improve. */
const TEXTS = {
  RFQ_NOT_FOUND: 'There is no such RFQ, or it ended too long ago.',
  RFQ_EXISTS: 'There is an RFQ with this id already.',
  RFQ_REJECTED: 'The RFQ was rejected: no liquidity provider was asked.',
  RFQ_EXPIRED: 'The RFQ has expired.',
  RFQ_CANCELLED: 'The RFQ was cancelled.',
  RFQ_ACCEPTED: 'A quote has been accepted already, and that is binding.',
  RFQ_TRADED: 'The RFQ has traded.',
  EXPIRY_PAST: 'The RFQ expired before it could be sent.',
  ACCEPTANCE_PENDING:
    'A quote has been accepted and is in last look: wait for the liquidity provider’s answer.',
  IDEMPOTENCY_KEY_REUSED:
    'This Idempotency-Key stands for another request already. Send a new key.',
  TOO_MANY_COMMANDS: 'The RFQ takes no more commands. Create a new one.',
  NOT_REQUESTER: 'Only the requester may accept a quote.',
  NOT_YOUR_DESK: 'Only the requester, or a trader of the same desk, may cancel the RFQ.',
  VERSION_CONFLICT: 'The RFQ has changed since you last saw it. Look at it and choose again.',
  NO_QUOTE: 'The RFQ has no quote that can be accepted now.',
  QUOTE_NOT_FOUND: 'The RFQ has no such quote.',
  QUOTE_EXPIRED: 'The quote has expired.',
  QUOTE_WITHDRAWN: 'The liquidity provider has already refused this quote in last look.',
  QUOTE_DUPLICATE: 'This quote was received before.',
  LP_NOT_INVITED: 'The liquidity provider was not asked for a quote.',
  QUOTE_PRICE: 'The price of this quote must be above 0.',
  QUOTE_NOT_FULL: 'The RFQ takes quotes of its full size only.',
  QUOTE_TOO_SMALL: 'The quote is below the minimum size of the RFQ.',
  QUOTE_TOO_LARGE: 'The quote is above the size of the RFQ.',
  QUOTE_NOT_BOOKABLE:
    'The quote cannot be booked: price times size is too large or too long a number.',
  TOO_MANY_QUOTES: 'The RFQ takes no more quotes.',
  LAST_LOOK_AGE: 'Last look: the quote was too old when it was accepted.',
  LAST_LOOK_DRIFT: 'Last look: the market moved against the liquidity provider.',
} as const

export type Reason = keyof typeof TEXTS

export const REASONS = Object.keys(TEXTS) as readonly Reason[]

export function textOf(reason: Reason): string {
  return TEXTS[reason]
}
