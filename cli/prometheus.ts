import client from 'prom-client'
import type { Labels, Metrics } from '#streams'

export interface PrometheusMetrics extends Metrics {
  /** The exposition text of everything registered. */
  text(): Promise<string>
}

/** The metrics port on prom-client; the process's own metrics are included. */
export function prometheusMetrics(): PrometheusMetrics {
  const registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry, prefix: 'orion_' })
  const readers = new Map<
    string,
    { gauge: client.Gauge; series: Map<string, { labels: Labels; read: () => number }> }
  >()

  const named = (name: string): string[] => labelNames.get(name) ?? []
  const labelNames = new Map<string, string[]>()

  function metric<M extends client.Metric>(
    name: string,
    labels: Labels,
    create: (names: string[]) => M,
  ): M {
    const existing = registry.getSingleMetric(name)
    if (existing !== undefined) return existing as M
    labelNames.set(name, Object.keys(labels))
    return create(named(name))
  }

  return {
    counter: (name, help, labels = {}) => {
      const counter = metric(
        name,
        labels,
        (names) => new client.Counter({ name, help, labelNames: names, registers: [registry] }),
      )
      const series = counter.labels(labels)
      return { add: (amount) => series.inc(amount) }
    },
    gauge: (name, help, labels = {}) => {
      const gauge = metric(
        name,
        labels,
        (names) => new client.Gauge({ name, help, labelNames: names, registers: [registry] }),
      )
      const series = gauge.labels(labels)
      return { set: (value) => series.set(value) }
    },
    observe: (name, help, labels, read) => {
      let entry = readers.get(name)
      if (entry === undefined) {
        const series = new Map<string, { labels: Labels; read: () => number }>()
        const gauge = new client.Gauge({
          name,
          help,
          labelNames: Object.keys(labels),
          registers: [registry],
          collect() {
            for (const { labels: one, read: value } of series.values()) this.set(one, value())
          },
        })
        entry = { gauge, series }
        readers.set(name, entry)
      }
      entry.series.set(JSON.stringify(labels), { labels, read })
    },
    histogram: (name, help, buckets, labels = {}) => {
      const histogram = metric(
        name,
        labels,
        (names) =>
          new client.Histogram({
            name,
            help,
            buckets: [...buckets],
            labelNames: names,
            registers: [registry],
          }),
      )
      const series = histogram.labels(labels)
      return { observe: (value) => series.observe(value) }
    },
    remove: (labels) => {
      const matches = (series: Labels): boolean =>
        Object.entries(labels).every(([name, value]) => series[name] === value)
      for (const { gauge, series } of readers.values()) {
        for (const [key, one] of series) {
          if (!matches(one.labels)) continue
          series.delete(key)
          gauge.remove(one.labels)
        }
      }
    },
    text: () => registry.metrics(),
  }
}
