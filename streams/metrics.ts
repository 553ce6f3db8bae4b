/** Label values of one metric series, by label name. */
export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(amount: number): void
}

export interface Gauge {
  set(value: number): void
}

export interface Histogram {
  observe(value: number): void
}

/**
 * Where components report. Names are `orion_<component>_<what>_<unit>` (`_total` for counters), as Prometheus wants them. A series is
 * looked up once and kept: none of these is called with labels on the hot path. The composition root brings prom-client.
 */
export interface Metrics {
  counter(name: string, help: string, labels?: Labels): Counter
  gauge(name: string, help: string, labels?: Labels): Gauge
  /** A gauge that is read when scraped. */
  observe(name: string, help: string, labels: Labels, read: () => number): void
  histogram(name: string, help: string, buckets: readonly number[], labels?: Labels): Histogram
  /** Removes every series with these label values, when their component closes. */
  remove(labels: Labels): void
}

const ignore = (): void => {}

export const noMetrics: Metrics = {
  counter: () => ({ add: ignore }),
  gauge: () => ({ set: ignore }),
  observe: ignore,
  histogram: () => ({ observe: ignore }),
  remove: ignore,
}
