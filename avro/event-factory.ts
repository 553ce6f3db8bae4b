import { eventId } from './event-id.ts'
import type { EnvelopeOf } from './generated/envelopes.ts'
import type { Entity } from './generated/types.ts'

/** What an event is about and when it happened. */
export interface EventFacts<T extends string, P> {
  readonly eventType: T
  readonly payload: P
  /** Ms since the epoch, by the event's own clock. */
  readonly occurredAt: number
  readonly entity: Entity
  /** Of the payload's meaning; 1 unless given. */
  readonly eventVersion?: number
}

/** The part of an event that its effects take over. */
export interface Cause {
  readonly eventId: string
  readonly tenantId: string
  readonly correlationId: string
}

/**
 * An event that a processor makes of another one. Tenant and correlation are the cause's; the id follows from the node, the cause and the
 * ordinal (0 for the first event that this node makes of this cause, then 1, ...).
 *
 * @param producer name of the topology
 */
export function causedEvent<T extends string, P>(
  { producer, node }: { readonly producer: string; readonly node: string },
  cause: Cause,
  ordinal: number,
  facts: EventFacts<T, P>,
): EnvelopeOf<T, P> {
  return {
    eventId: eventId(`${producer}|${node}`, cause.eventId, ordinal),
    eventType: facts.eventType,
    eventVersion: facts.eventVersion ?? 1,
    occurredAt: facts.occurredAt,
    producer,
    tenantId: cause.tenantId,
    correlationId: cause.correlationId,
    causationId: cause.eventId,
    entity: facts.entity,
    payload: facts.payload,
  }
}

/** Where an event without a cause comes from: a feed and what makes its run repeatable. */
export interface EventOrigin {
  readonly producer: string
  /** Seed, file or connection: what tells two runs of the same feed apart. */
  readonly run: string
  readonly tenantId: string
}

/** The first event of a chain: its id follows from origin, entity and sequence, and is the chain's correlation id. */
export function originEvent<T extends string, P>(
  origin: EventOrigin,
  facts: EventFacts<T, P>,
): EnvelopeOf<T, P> {
  const { entity } = facts
  const id = eventId(
    `${origin.producer}|${origin.run}|${facts.eventType}`,
    entity.entityId,
    entity.sequence,
  )
  return {
    eventId: id,
    eventType: facts.eventType,
    eventVersion: facts.eventVersion ?? 1,
    occurredAt: facts.occurredAt,
    producer: origin.producer,
    tenantId: origin.tenantId,
    correlationId: id,
    causationId: null,
    entity,
    payload: facts.payload,
  }
}
