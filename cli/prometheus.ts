import client from 'prom-client'
import type { Labels, Metrics } from '#streams'

export interface PrometheusMetrics extends Metrics {
  /** The exposition text of everything registered, here and by the sources; equal series are added up. */
  text(): Promise<string>
  /** What is registered here, as data that another thread's `text` can take in. */
  json(): Promise<unknown>
  /** Metrics of other threads, each as its `json`. */
  addSource(read: () => Promise<readonly unknown[]>): void
}

interface Family {
  readonly metric: { remove(labels: Labels): void }
  /** Label values of every series handed out, by their text. */
  readonly series: Map<string, Series>
}

interface Series {
  readonly labels: Labels
  /** Of a gauge that is read when scraped. */
  readonly read: (() => number) | undefined
}

/**
 * The metrics port on prom-client. Series of one name have the same label names.
 * @param ofProcess includes the process's own metrics; false in further threads of it
 */
export function prometheusMetrics({ ofProcess = true } = {}): PrometheusMetrics {
  const registry = new client.Registry()
  if (ofProcess) client.collectDefaultMetrics({ register: registry, prefix: 'orion_' })
  const sources: (() => Promise<readonly unknown[]>)[] = []
  const registers = [registry]
  const families = new Map<string, Family>()

  /** The family of this name, with one more series in it; made at first use. */
  function metric<M extends client.Metric & Family['metric']>(
    name: string,
    labels: Labels,
    read: (() => number) | undefined,
    create: (labelNames: string[], series: ReadonlyMap<string, Series>) => M,
  ): M {
    let family = families.get(name)
    if (family === undefined) {
      const series = new Map<string, Series>()
      family = { metric: create(Object.keys(labels), series), series }
      families.set(name, family)
    }
    family.series.set(keyOf(labels), { labels, read })
    // Whoever asks for a name asks for one kind of metric: `create` made this one.
    return family.metric as M
  }

  return {
    counter: (name, help, labels = {}) => {
      const series = metric(
        name,
        labels,
        undefined,
        (labelNames) => new client.Counter({ name, help, labelNames, registers }),
      ).labels(labels)
      return { add: (amount) => series.inc(amount) }
    },
    gauge: (name, help, labels = {}) => {
      const series = metric(
        name,
        labels,
        undefined,
        (labelNames) => new client.Gauge({ name, help, labelNames, registers }),
      ).labels(labels)
      return { set: (value) => series.set(value) }
    },
    observe: (name, help, labels, read) => {
      metric(name, labels, read, (labelNames, series) => observed(name, help, labelNames, series))
    },
    histogram: (name, help, buckets, labels = {}) => {
      const series = metric(
        name,
        labels,
        undefined,
        (labelNames) =>
          new client.Histogram({ name, help, buckets: [...buckets], labelNames, registers }),
      ).labels(labels)
      return { observe: (value) => series.observe(value) }
    },
    remove: (labels) => {
      for (const { metric: one, series } of families.values()) {
        for (const [key, { labels: own }] of series) {
          if (!includes(own, labels)) continue
          series.delete(key)
          one.remove(own)
        }
      }
    },
    text: async () => {
      const others = (await Promise.all(sources.map((read) => read()))).flat()
      if (others.length === 0) return registry.metrics()
      const all = [await registry.getMetricsAsJSON(), ...others]
      return client.AggregatorRegistry.aggregate(all as object[][]).metrics()
    },
    json: () => registry.getMetricsAsJSON(),
    addSource: (read) => {
      sources.push(read)
    },
  }

  function observed(
    name: string,
    help: string,
    labelNames: string[],
    series: ReadonlyMap<string, Series>,
  ): client.Gauge {
    return new client.Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const { labels, read } of series.values())
          if (read !== undefined) this.set(labels, read())
      },
    })
  }
}

/** No labels are part of everything and would remove all there is: nobody means that. */
function includes(labels: Labels, wanted: Labels): boolean {
  const entries = Object.entries(wanted)
  return entries.length > 0 && entries.every(([name, value]) => labels[name] === value)
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
