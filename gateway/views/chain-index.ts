import type { EnvelopeOf } from '#avro'
import type { Topic } from '#topics'
import type { ChainEvent } from '../protocol.ts'
import type { EventFeed, EventPlace } from './event-feed.ts'
import { eventJson } from './event-json.ts'
import { isoTime } from './iso-time.ts'

type AnyEvent = EnvelopeOf<string, object>

/** An event as it lies in the log: its bytes are decoded again when somebody asks. */
interface Link {
  readonly topic: Topic<AnyEvent>
  readonly partition: number
  readonly offset: number
  readonly value: Uint8Array
}

interface TenantChains {
  /** By correlation id, the one that is quiet for longest first. */
  readonly chains: Map<string, Link[]>
  events: number
}

/**
 * The events of each correlation id. Of a tenant at most `eventsMax`: beyond that the chains that were quiet for longest go. Of a chain the first
 * `chainMax`.
 */
export class ChainIndex {
  readonly #limits: { readonly eventsMax: number; readonly chainMax: number }
  readonly #byTenant = new Map<string, TenantChains>()
  #leftOut = 0

  constructor(limits: { readonly eventsMax: number; readonly chainMax: number }) {
    this.#limits = limits
  }

  get size(): number {
    return [...this.#byTenant.values()].reduce((sum, { events }) => sum + events, 0)
  }

  /** Events beyond what a chain takes. */
  get leftOut(): number {
    return this.#leftOut
  }

  follow<E extends AnyEvent>(feed: EventFeed, topic: Topic<E>): void {
    feed.on(topic, (event, place) => this.#add(topic as unknown as Topic<AnyEvent>, event, place))
  }

  /** In the order of time; those of one time in the order they were read. */
  events(tenant: string, correlationId: string): readonly ChainEvent[] {
    const links = this.#byTenant.get(tenant)?.chains.get(correlationId) ?? []
    return links
      .map((link) => ({
        link,
        event: link.topic.valueSerde.deserialize(link.topic.name, link.value),
      }))
      .sort((a, b) => a.event.occurredAt - b.event.occurredAt)
      .map(({ event, link }) => toChainEvent(event, link))
  }

  #add(topic: Topic<AnyEvent>, event: AnyEvent, { offset, partition, value }: EventPlace): void {
    const { chainMax, eventsMax } = this.#limits
    let own = this.#byTenant.get(event.tenantId)
    if (own === undefined) {
      own = { chains: new Map(), events: 0 }
      this.#byTenant.set(event.tenantId, own)
    }
    const chain = own.chains.get(event.correlationId) ?? []
    own.chains.delete(event.correlationId)
    own.chains.set(event.correlationId, chain)
    if (chain.length >= chainMax) {
      this.#leftOut += 1
      return
    }
    chain.push({ topic, partition, offset, value: value.slice() })
    own.events += 1
    while (own.events > eventsMax) {
      const [oldest] = own.chains
      if (oldest === undefined) return
      own.chains.delete(oldest[0])
      own.events -= oldest[1].length
    }
  }
}

function toChainEvent(event: AnyEvent, { offset, partition, topic }: Link): ChainEvent {
  const { entityId, entityType, sequence } = event.entity
  return {
    eventId: event.eventId,
    eventType: event.eventType,
    occurredAt: isoTime(event.occurredAt),
    producer: event.producer,
    causationId: event.causationId,
    correlationId: event.correlationId,
    entityType,
    entityId,
    entitySequence: sequence,
    topic: topic.name,
    partition,
    offset,
    payload: eventJson(event.payload) as Readonly<Record<string, unknown>>,
  }
}
