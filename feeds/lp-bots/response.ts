import { eventId } from '#avro'
import { createRandom } from '../simulator/random.ts'

/** A bot does not think longer than this, whatever the distribution says. */
const DELAY_MS_MAX = 30_000

export interface Response {
  readonly declines: boolean
  /** From the time at which the RFQ was sent, or the last quote expired. */
  readonly delayMs: number
}

export interface QuoteSlot {
  readonly tenantId: string
  readonly lpId: string
  readonly rfqId: string
  /** Counts the provider's quotes on this RFQ, from 0. */
  readonly n: number
}

/** The same for the same provider, RFQ and count: a repeat is told by it. */
export function quoteIdOf({ tenantId, lpId, rfqId, n }: QuoteSlot): string {
  return `Q-${eventId(`lp-bots|${tenantId}|${lpId}`, rfqId, n).slice(0, 20)}`
}

/** Whether and when a bot answers: log-normal, from a generator of its own for each slot, so that nothing else moves it. */
export function respond(
  seed: number,
  slot: QuoteSlot,
  personality: {
    readonly responseMedianMs: number
    readonly responseSigma: number
    readonly declineProbability: number
  },
): Response {
  const { tenantId, lpId, rfqId, n } = slot
  const scope = `lp-bots|${seed}|${tenantId}|${lpId}`
  const random = createRandom(Number.parseInt(eventId(scope, rfqId, n).slice(0, 8), 16))
  // Only the first quote is declined: who has quoted once refreshes.
  const declines = random.uniform() < personality.declineProbability && n === 0
  const delayMs =
    personality.responseMedianMs * Math.exp(personality.responseSigma * random.normal())
  return { declines, delayMs: Math.min(DELAY_MS_MAX, Math.max(0, delayMs)) }
}
