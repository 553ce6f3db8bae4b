import type { Counter, Histogram, Metrics } from '#streams'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Requests and their latency by route (its pattern, never the path asked for: labels are bounded by the route table). */
export class RequestMetrics {
  readonly #metrics: Metrics
  readonly #series = new Map<string, { readonly count: Counter; readonly seconds: Histogram }>()
  readonly #unauthorized: Counter
  readonly #forbidden: Counter
  readonly #limited: Counter

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const help = 'Requests refused before their route, by reason.'
    this.#unauthorized = metrics.counter('orion_gateway_refused_total', help, {
      reason: 'unauthorized',
    })
    this.#forbidden = metrics.counter('orion_gateway_refused_total', help, { reason: 'forbidden' })
    this.#limited = metrics.counter('orion_gateway_refused_total', help, { reason: 'rate' })
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    const name = `${method} ${route} ${status}`
    let series = this.#series.get(name)
    if (series === undefined) {
      series = {
        count: this.#metrics.counter(
          'orion_gateway_requests_total',
          'Requests by route and status.',
          { method, route, status: String(status) },
        ),
        seconds: this.#metrics.histogram(
          'orion_gateway_request_seconds',
          'Time to answer a request, in s.',
          SECONDS,
          { method, route },
        ),
      }
      this.#series.set(name, series)
    }
    series.count.add(1)
    series.seconds.observe(seconds)
    if (status === 401) this.#unauthorized.add(1)
    else if (status === 403) this.#forbidden.add(1)
    else if (status === 429) this.#limited.add(1)
  }
}
