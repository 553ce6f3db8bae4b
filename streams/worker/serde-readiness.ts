import type { FetchedBatch, LogRecord } from '../log/log.ts'
import type { Serde } from '../serde.ts'
import type { TopologyPlan } from './topology-plan.ts'

interface TopicSerdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

/** Which records cannot be read yet, because their serdes must fetch something first: the schema of a writer, say. */
export class SerdeReadiness {
  readonly #serdes = new Map<string, TopicSerdes>()

  constructor(plan: TopologyPlan) {
    for (const { subTopology } of plan.subTopologies) {
      for (const node of subTopology.nodes) {
        if (node.kind !== 'source') continue
        const { keySerde: key, valueSerde: value } = node
        if (key.pending === undefined && value.pending === undefined) continue
        for (const topic of node.topics) this.#serdes.set(plan.physicalTopic(topic), { key, value })
      }
    }
  }

  /** Index of the first record, from an index on, that has to wait; -1 when all can be read, which is the rule. */
  firstUnready({ topic, records }: FetchedBatch, from = 0): number {
    const serdes = this.#serdes.get(topic)
    if (serdes === undefined) return -1
    for (let index = from; index < records.length; index++) {
      const record = records[index]
      const fetch = record === undefined ? undefined : fetchOf(serdes, record)
      if (fetch === undefined) continue
      // Who waits asks again: here its failure is nobody's.
      fetch.catch(() => {})
      return index
    }
    return -1
  }

  /**
   * Fetches what a record needs. Fails with REGISTRY_UNAVAILABLE when asking again helps; whatever else is wrong is left to `deserialize`, and
   * so to the handlers.
   */
  fetch(topic: string, record: LogRecord): Promise<void> | undefined {
    const serdes = this.#serdes.get(topic)
    return serdes === undefined ? undefined : fetchOf(serdes, record)
  }
}

function fetchOf({ key, value }: TopicSerdes, record: LogRecord): Promise<void> | undefined {
  const ofKey = record.key === null ? undefined : pendingOf(key, record.key)
  const ofValue = record.value === null ? undefined : pendingOf(value, record.value)
  if (ofKey === undefined || ofValue === undefined) return ofKey ?? ofValue
  return Promise.all([ofKey, ofValue]).then(() => {})
}

/** Bytes that make no sense need nothing: `deserialize` says what is wrong with them. */
function pendingOf(serde: Serde<unknown>, bytes: Uint8Array): Promise<void> | undefined {
  try {
    return serde.pending?.(bytes)
  } catch {
    return undefined
  }
}
