import type { CommandsEnvelope, LifecycleEnvelope, QuotesEnvelope, QuotesRanked } from '#avro'
import { requestDigest } from './idempotency.ts'
import { Outcomes } from './outcomes.ts'

/** What came of a command about an RFQ, or of a quote by hand. */
export interface RfqOutcome {
  /** The event that answered it; of a repeated command, the first one. */
  readonly eventType: string
  /** Why it was refused; undefined when it was done. */
  readonly refused: { readonly code: string; readonly text: string } | undefined
}

/** What a quote by hand asks: told from the request and from the event alike. */
export function quoteDigest(quote: {
  readonly lpId: string
  readonly price: string
  readonly size: string
  readonly validMs: number
}): string {
  return requestDigest(quote)
}

/** What commands asked and what came of them, as the streams say: a retry is answered from here on any gateway. */
export class RfqOutcomes {
  readonly outcomes: Outcomes<RfqOutcome>
  readonly #digests: Outcomes<string>

  constructor(rememberedMax: number) {
    this.outcomes = new Outcomes(rememberedMax)
    this.#digests = new Outcomes(rememberedMax)
  }

  /** Of the request that the command was first written with; undefined: not seen here. */
  digest(commandId: string): string | undefined {
    return this.#digests.get(commandId)
  }

  applyCommand({ eventId, payload }: CommandsEnvelope): void {
    this.#digests.note(eventId, payload.requestDigest)
  }

  applyQuote({ eventId, occurredAt, payload }: QuotesEnvelope): void {
    if (payload.quotedBy === 'bot') return
    const { expiresAtMs, lpId, price, size } = payload
    const validMs = expiresAtMs - occurredAt
    this.#digests.note(
      eventId,
      quoteDigest({ lpId, price: price.toFixed(), size: size.toFixed(), validMs }),
    )
  }

  applyLifecycle(event: LifecycleEnvelope): void {
    const { eventType, payload } = event
    const done: RfqOutcome = { eventType, refused: undefined }
    switch (eventType) {
      case 'QuotesRanked':
        // Bots do not ask what came of their quotes.
        if (payload.cause === 'QUOTED' && event.causationId !== null && isByHand(payload))
          this.outcomes.note(event.causationId, done)
        return
      case 'QuoteRejected': {
        const { reason: code, text } = payload
        if (event.causationId !== null)
          this.outcomes.note(event.causationId, { eventType, refused: { code, text } })
        return
      }
      case 'RFQCreated':
        // What becomes of it comes next, in the same transaction.
        return
      case 'RFQCommandRepeated': {
        const { commandId, outcomeEventType, reason: code } = payload
        const refused =
          code === ''
            ? undefined
            : { code, text: 'This request was refused when it was first made.' }
        if (commandId !== null)
          this.outcomes.note(commandId, { eventType: outcomeEventType, refused })
        return
      }
      case 'RFQCommandRefused': {
        const { commandId, reason: code, text } = payload
        if (commandId === null) return
        const outcome = { eventType, refused: { code, text } }
        // The key stands for the first request, whose outcome is another one.
        if (code === 'IDEMPOTENCY_KEY_REUSED') this.outcomes.tell(commandId, outcome)
        else this.outcomes.note(commandId, outcome)
        return
      }
      case 'RFQRejected':
      case 'QuoteAcceptanceRejected': {
        const { commandId, reason: code, text } = payload
        if (commandId !== null)
          this.outcomes.revise(commandId, { eventType, refused: { code, text } })
        return
      }
      case 'QuoteAccepted':
        if (payload.commandId !== null) this.outcomes.revise(payload.commandId, done)
        return
      default:
        if (payload.commandId !== null) this.outcomes.note(payload.commandId, done)
    }
  }
}

function isByHand({ quoteId, quotes }: QuotesRanked): boolean {
  return quotes.find((quote) => quote.quoteId === quoteId)?.quotedBy !== 'bot'
}
