import type { Position } from '#streams'
import { awaitPosition } from '../views/awaited-position.ts'
import type { TopicView } from '../views/topic-view.ts'

/** What a reply about trades reflects, and waiting for what a caller has seen. */
export class TradeReads {
  readonly #events: () => TopicView
  readonly #topics: readonly string[]
  readonly #waitMs: number

  constructor(events: () => TopicView, topics: readonly string[], waitMs: number) {
    this.#events = events
    this.#topics = topics
    this.#waitMs = waitMs
  }

  /** @throws {ProblemError} 400, 504 */
  await(position: string): Promise<void> {
    return awaitPosition(this.#events(), position, this.#waitMs)
  }

  position(): Position {
    const [first, ...others] = this.#topics.map((topic) => this.#events().position(topic))
    if (first === undefined) throw new Error('no topic')
    return others.reduce((sum, position) => sum.merge(position), first)
  }
}
