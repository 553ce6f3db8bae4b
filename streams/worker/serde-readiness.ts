import { Backoff } from '../backoff.ts'
import { StreamsError } from '../errors.ts'
import type { FetchedBatch } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Serde } from '../serde.ts'
import type { Timers } from '../timers.ts'
import type { TopologyPlan } from './topology-plan.ts'

interface TopicSerdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

/** Registries that are away are asked again; anything else is left to `deserialize`, and so to the handlers. */
const ATTEMPTS_MAX = 60

/** Waits, per batch, for what serdes must fetch before they can read given bytes: the schema of a writer, say. */
export class SerdeReadiness {
  readonly #logger: Logger
  readonly #serdes = new Map<string, TopicSerdes>()
  readonly #backoff: Backoff

  constructor(plan: TopologyPlan, logger: Logger, timers: Timers) {
    this.#logger = logger
    this.#backoff = new Backoff({ firstMs: 100, longestMs: 2_000, timers })
    for (const { subTopology } of plan.subTopologies) {
      for (const node of subTopology.nodes) {
        if (node.kind !== 'source') continue
        const { keySerde: key, valueSerde: value } = node
        if (key.pending === undefined && value.pending === undefined) continue
        for (const topic of node.topics) this.#serdes.set(plan.physicalTopic(topic), { key, value })
      }
    }
  }

  /** Undefined when every record of the batch can be read at once, which is the rule. */
  waitFor(batch: FetchedBatch): Promise<void> | undefined {
    const serdes = this.#serdes.get(batch.topic)
    if (serdes === undefined) return undefined
    for (const { key, value } of batch.records) {
      if (key !== null && serdes.key.pending?.(key) !== undefined) return this.#wait(batch, serdes)
      if (value !== null && serdes.value.pending?.(value) !== undefined)
        return this.#wait(batch, serdes)
    }
    return undefined
  }

  end(): void {
    this.#backoff.end()
  }

  async #wait(batch: FetchedBatch, serdes: TopicSerdes): Promise<void> {
    for (const { key, value } of batch.records) {
      if (key !== null) await this.#fetch(serdes.key, key)
      if (value !== null) await this.#fetch(serdes.value, value)
    }
  }

  async #fetch(serde: Serde<unknown>, bytes: Uint8Array): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        await serde.pending?.(bytes)
        this.#backoff.reset()
        return
      } catch (error) {
        const isAway = error instanceof StreamsError && error.code === 'REGISTRY_UNAVAILABLE'
        if (!isAway) return
        this.#logger.warn({ error: String(error), attempt }, 'records wait for their schema')
        await this.#backoff.wait()
      }
    }
  }
}
