import { hash } from 'node:crypto'

/** What an event takes over from the one that caused it. */
export interface Cause {
  readonly eventId: string
  readonly correlationId: string
}

/** The node of a topology that makes events: a part of their identity. */
export interface EventMaker {
  readonly topology: string
  readonly node: string
}

export interface DerivedEvent<T extends string, P> {
  readonly eventType: T
  readonly payload: P
  readonly occurredAt: number
  readonly entityType: string
  readonly entityId: string
  readonly sequence: number
  /** Counts the events that one node makes of one cause, from 0. */
  readonly ordinal: number
}

/** Tenant of what belongs to nobody: market data. */
export const PLATFORM_TENANT = 'platform'

/**
 * The envelope of an event that follows from another. Its id is a hash of topology, node, causing event and ordinal, so the same input
 * gives the same event; the correlation id is the cause's.
 */
export function deriveEvent<T extends string, P>(
  maker: EventMaker,
  cause: Cause,
  event: DerivedEvent<T, P>,
) {
  return {
    eventId: derivedEventId(maker, cause.eventId, event.ordinal),
    eventType: event.eventType,
    eventVersion: 1,
    occurredAt: event.occurredAt,
    producer: maker.topology,
    tenantId: PLATFORM_TENANT,
    correlationId: cause.correlationId,
    causationId: cause.eventId,
    entity: {
      entityType: event.entityType,
      entityId: event.entityId,
      sequence: event.sequence,
    },
    payload: event.payload,
  }
}

/** 27 characters of base64url. */
export function derivedEventId(maker: EventMaker, causeId: string, ordinal: number): string {
  return hash('sha1', `${maker.topology}|${maker.node}|${causeId}|${ordinal}`, 'base64url')
}
