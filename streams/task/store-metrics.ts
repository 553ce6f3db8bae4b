import type { Counter, Metrics } from '../metrics.ts'
import type { ManagedStore } from '../store.ts'

interface CacheSeries {
  readonly store: ManagedStore
  readonly hits: Counter
  readonly misses: Counter
  hitsSaid: number
  missesSaid: number
}

/** The series of one task's stores. They go with those of the task: `Metrics.remove` of its labels. */
export class StoreMetrics {
  readonly #metrics: Metrics
  readonly #labels: { readonly application: string; readonly task: string }
  readonly #caches: CacheSeries[] = []
  readonly #restored = new Map<string, Counter>()

  constructor(
    metrics: Metrics,
    labels: { readonly application: string; readonly task: string },
    stores: readonly ManagedStore[],
  ) {
    this.#metrics = metrics
    this.#labels = labels
    for (const store of stores) this.#add(store)
  }

  /** Reports what the caches counted since the last time: counts are plain numbers on the hot path. */
  report(): void {
    for (const series of this.#caches) {
      const { hits = 0, misses = 0 } = series.store.cache ?? {}
      if (hits > series.hitsSaid) series.hits.add(hits - series.hitsSaid)
      if (misses > series.missesSaid) series.misses.add(misses - series.missesSaid)
      series.hitsSaid = hits
      series.missesSaid = misses
    }
  }

  restored(store: string, records: number): void {
    let counter = this.#restored.get(store)
    if (counter === undefined) {
      counter = this.#metrics.counter(
        'orion_restore_records_total',
        'Changelog records applied to a store.',
        { ...this.#labels, store },
      )
      this.#restored.set(store, counter)
    }
    counter.add(records)
  }

  restoreEnded(store: string, elapsedMs: number): void {
    this.#metrics
      .gauge('orion_restore_duration_ms', 'Time that the last restore of a store took, in ms.', {
        ...this.#labels,
        store,
      })
      .set(elapsedMs)
  }

  #add(store: ManagedStore): void {
    const labels = { ...this.#labels, store: store.spec.name }
    this.#metrics.observe(
      'orion_store_size_bytes',
      'Estimated bytes of the keys and values of a store, in bytes.',
      labels,
      () => store.sizeBytes(),
    )
    if (store.cache === undefined) return
    const counter = (what: string, help: string) =>
      this.#metrics.counter(`orion_store_cache_${what}_total`, help, labels)
    this.#caches.push({
      store,
      hits: counter('hits', 'Reads that the cache of a store answered.'),
      misses: counter('misses', 'Reads that the cache of a store did not answer.'),
      hitsSaid: store.cache.hits,
      missesSaid: store.cache.misses,
    })
  }
}
