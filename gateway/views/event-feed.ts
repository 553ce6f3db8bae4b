import type { Logger, Metrics } from '#streams'
import type { Log, LogRecord } from '#streams/log'
import type { Topic } from '#topics'
import { TopicView, type ViewSource } from './topic-view.ts'

/** Where an event stands in the log, and its bytes: a view of a fetched buffer, to be copied if kept. */
export interface EventPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly value: Uint8Array
}

type Apply = (event: never, place: EventPlace) => void

interface Followed {
  readonly topic: Topic<unknown>
  readonly handlers: Apply[]
}

/**
 * Every event of the streams of the trading chain, decoded once for all views of it, in the order of each partition. What one view shows and what another
 * shows are of the same position.
 */
export class EventFeed {
  readonly #followed = new Map<string, Followed>()
  readonly #listeners: (() => void)[] = []

  /** Before `open`. Handlers of one topic are called in the order they came. */
  on<E>(topic: Topic<E>, apply: (event: E, place: EventPlace) => void): void {
    const followed = this.#followed.get(topic.name) ?? {
      topic: topic as unknown as Topic<unknown>,
      handlers: [],
    }
    followed.handlers.push(apply as Apply)
    this.#followed.set(topic.name, followed)
  }

  get isEmpty(): boolean {
    return this.#followed.size === 0
  }

  /** Called after each fetch that brought something. */
  onApplied(listener: () => void): void {
    this.#listeners.push(listener)
  }

  open(options: {
    readonly log: Log
    readonly logger: Logger
    readonly metrics: Metrics
  }): TopicView {
    return new TopicView({
      name: 'events',
      ...options,
      everyRecord: true,
      sources: [...this.#followed.values()].map(sourceOf),
      onApplied: () => {
        for (const listener of this.#listeners) listener()
      },
    })
  }
}

function sourceOf({ topic: { name, valueSerde }, handlers }: Followed): ViewSource {
  return {
    topic: name,
    pending: (value) => valueSerde.pending?.(value),
    apply: ({ headers, offset, value }: LogRecord, partition) => {
      if (value === null) return
      const event = valueSerde.deserialize(name, value, headers) as never
      const place = { topic: name, partition, offset, value }
      // One view's trouble with an event is not another's.
      let failure: unknown
      for (const apply of handlers) {
        try {
          apply(event, place)
        } catch (error) {
          failure ??= error
        }
      }
      if (failure !== undefined) throw failure
    },
  }
}
