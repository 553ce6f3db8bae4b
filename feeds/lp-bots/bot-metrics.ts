import type { Counter, Histogram, Metrics } from '#streams'
import type { Decline, MadeQuote } from './quote-desk.ts'

/** Providers beyond this share one series: administrators may add any number. */
const PROVIDERS_MAX = 200
const RESPONSE_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const LATE_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

interface OfProvider {
  readonly quotes: Counter
  readonly response: Histogram
  readonly declines: Map<Decline, Counter>
}

export class BotMetrics {
  readonly #metrics: Metrics
  readonly #providers = new Map<string, OfProvider>()
  readonly #late: Histogram
  readonly #dropped: Counter

  constructor(metrics: Metrics, openRfqs: () => number) {
    this.#metrics = metrics
    this.#late = metrics.histogram(
      'orion_lp_bots_late_seconds',
      'From the time at which a quote was due until it was on the log, in s.',
      LATE_S,
    )
    this.#dropped = metrics.counter(
      'orion_lp_bots_dropped_total',
      'Quotes that expired before the log took them.',
    )
    metrics.observe('orion_lp_bots_open_rfqs', 'Open RFQs that bots follow.', {}, openRfqs)
  }

  written({ quote, dueMs, sentAtMs }: MadeQuote, nowMs: number): void {
    const { quotes, response } = this.#of(quote.payload.lpId)
    quotes.add(1)
    response.observe(Math.max(0, nowMs - sentAtMs) / 1_000)
    this.#late.observe(Math.max(0, nowMs - dueMs) / 1_000)
  }

  declined(lpId: string, reason: Decline): void {
    const { declines } = this.#of(lpId)
    let counter = declines.get(reason)
    if (counter === undefined) {
      counter = this.#metrics.counter(
        'orion_lp_bots_declines_total',
        'RFQs that a bot did not quote, by reason.',
        { lp: this.#label(lpId), reason },
      )
      declines.set(reason, counter)
    }
    counter.add(1)
  }

  dropped(quotes: number): void {
    this.#dropped.add(quotes)
  }

  #label(lpId: string): string {
    return this.#providers.has(lpId) || this.#providers.size < PROVIDERS_MAX ? lpId : 'others'
  }

  #of(lpId: string): OfProvider {
    const lp = this.#label(lpId)
    let known = this.#providers.get(lp)
    if (known === undefined) {
      known = {
        quotes: this.#metrics.counter('orion_lp_bots_quotes_total', 'Quotes of bots.', { lp }),
        response: this.#metrics.histogram(
          'orion_lp_bots_response_seconds',
          'From RFQSent to the quote on the log, in s; refreshed quotes count too.',
          RESPONSE_S,
          { lp },
        ),
        declines: new Map(),
      }
      this.#providers.set(lp, known)
    }
    return known
  }
}
