import type { Cluster } from './cluster.ts'

/** How often the leader looks whether the topics have other partitions than it assigned. */
const CHECK_MS = 10_000
const CHECK_WHEN_MISSING_MS = 1_000

type Counts = ReadonlyMap<string, number>

/** The leader's watch over the topics of its group. */
export class TopicWatch {
  readonly #cluster: Cluster
  readonly #onChange: () => void
  #timer: NodeJS.Timeout | undefined
  #round = 0

  constructor(cluster: Cluster, onChange: () => void) {
    this.#cluster = cluster
    this.#onChange = onChange
  }

  /** Numbers of partitions; topics that do not exist are absent. */
  async counts(topics: readonly string[]): Promise<Counts> {
    const { topics: known } = await this.#cluster.refresh(topics)
    const counts = new Map(known.map(({ topic, leaders }) => [topic, leaders.length]))
    return new Map(topics.flatMap((t) => (counts.has(t) ? [[t, counts.get(t) ?? 0] as const] : [])))
  }

  start(topics: readonly string[], counts: Counts): void {
    this.stop()
    const round = this.#round
    const isMissing = counts.size < topics.length
    this.#timer = setTimeout(
      () => {
        void this.counts(topics)
          .then((now) => topics.some((topic) => now.get(topic) !== counts.get(topic)))
          .catch(() => false)
          .then((changed) => {
            if (round !== this.#round) return
            if (changed) this.#onChange()
            else this.start(topics, counts)
          })
      },
      isMissing ? CHECK_WHEN_MISSING_MS : CHECK_MS,
    )
  }

  stop(): void {
    this.#round += 1
    clearTimeout(this.#timer)
  }
}
