import type { Position } from '#streams'
import { partitionFor } from '#streams/log'
import { recordKey, type Topic } from '#topics'
import { awaitPosition } from '../views/awaited-position.ts'
import type { TopicView } from '../views/topic-view.ts'

type Keyed = Pick<Topic<unknown>, 'name' | 'entry' | 'keySerde'>

/** What a reply about RFQs reflects, and waiting for what a caller has seen. */
export class RfqReads {
  readonly #events: () => TopicView
  readonly #lifecycle: Keyed
  readonly #waitMs: number

  constructor(events: () => TopicView, lifecycle: Keyed, waitMs: number) {
    this.#events = events
    this.#lifecycle = lifecycle
    this.#waitMs = waitMs
  }

  /** @throws {ProblemError} 400, 504 */
  await(position: string): Promise<void> {
    return awaitPosition(this.#events(), position, this.#waitMs)
  }

  /** Of the partition of one RFQ, or of all. */
  position(tenant?: string, rfqId?: string): Position {
    const { entry, keySerde, name } = this.#lifecycle
    if (tenant === undefined || rfqId === undefined) return this.#events().position(name)
    const key = keySerde.serialize(name, recordKey(tenant, rfqId))
    return this.#events().position(name, partitionFor(key, entry.partitions))
  }
}
