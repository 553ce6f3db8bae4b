import type { DeadLetterCause } from '#streams'

/** Why a record of the RFQ streams is put on the dead-letter topic. Codes are stable; the texts may improve. */
const REMEDIES = {
  RFQ_NO_VALUE: 'A record of this topic has a value; correct its producer.',
  RFQ_KEY_MISMATCH: 'Key records of RFQs by <tenantId>|<rfqId>.',
  RFQ_TRADE_MISPLACED:
    'Find who wrote this trade: the RFQ has no binding acceptance of its quote. Reverse it by hand.',
} as const

export type RefusalCode = keyof typeof REMEDIES

export const REFUSAL_CODES = Object.keys(REMEDIES) as readonly RefusalCode[]

export function refusal(code: RefusalCode, what: string): DeadLetterCause {
  return { code, what, remedy: REMEDIES[code] }
}
