import { type ChangesEnvelope, causedEvent, commandEventId, type EnvelopeOf } from '#avro'
import type { Clock, Position } from '#streams'
import { recordKey, type Topic, type Topics } from '#topics'
import { ProblemError } from '../http/problem.ts'
import type { Call } from '../http/route.ts'
import type { Principal } from '../identity/principal.ts'
import type { RandomSource } from '../random-source.ts'
import type { AdminEvent, AdminRows, AdminView } from '../views/admin-view.ts'
import type { TopicView } from '../views/topic-view.ts'
import { type EventWriter, eventWrite } from './event-writer.ts'
import { idempotencyKey, refuseReusedKey, requestDigest } from './idempotency.ts'

export interface AdminChangesOptions {
  readonly topics: Topics
  readonly view: AdminView
  /** Through which the view is read. */
  readonly reader: Pick<TopicView, 'reached'>
  readonly writer: EventWriter
  /** How long a change waits until it shows, ms. */
  readonly waitMs: number
  readonly clock: Clock
  readonly random: RandomSource
}

/** One change of one entity. */
export interface AdminChange<E extends AdminEvent> {
  /** Part of the command's id. */
  readonly route: string
  readonly call: Pick<Call<unknown, unknown, unknown>, 'body' | 'correlationId' | 'idempotencyKey'>
  readonly principal: Principal
  readonly topic: Topic<E>
  readonly rows: AdminRows<E>
  /** Whose the entity is. */
  readonly tenantId: string
  readonly entityType: string
  readonly entityId: string
  /** The sequence that the change is based on, 0 for none; undefined: whatever it is. */
  readonly expectedSequence: number | undefined
  /** What the change is, made when its turn has come. */
  readonly fact: (nowMs: number) => FactOf<E>
}

type FactOf<E> =
  E extends EnvelopeOf<infer T, infer P> ? { readonly eventType: T; readonly payload: P } : never

export type Changed =
  | { readonly kind: 'shown'; readonly event: AdminEvent; readonly position: Position | undefined }
  /** In the log, not yet in the view. */
  | { readonly kind: 'written'; readonly commandId: string }

/** Changes that may wait for their turn. */
const WAITING_MAX = 200

/**
 * Changes what administrators set: who asked, the change on its compacted topic and the same on `admin.changes`, all or none. One after another, so that
 * each sees what the one before it did: sequences have no gap and no double. Two gateways that change one entity in the same moment may both succeed; the
 * later one in the log stands.
 */
export class AdminChanges {
  readonly #options: AdminChangesOptions
  /** Written, and not yet seen in the view: by command id. */
  readonly #unseen = new Map<string, Position>()
  /** Of what was written here, by record key: the view may be behind. */
  readonly #sequences = new Map<string, number>()
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(options: AdminChangesOptions) {
    this.#options = options
  }

  /** @throws {ProblemError} 400, 409, 422, 503 */
  change<E extends AdminEvent>(change: AdminChange<E>): Promise<Changed> {
    if (this.#waiting >= WAITING_MAX) {
      throw new ProblemError(
        503,
        'too-many-changes',
        'Too many changes are waiting. Nothing was done: send it again in a moment.',
        {
          retryAfterS: 1,
        },
      )
    }
    this.#waiting += 1
    const done = this.#last
      .then(() => this.#inTurn(change))
      .finally(() => {
        this.#waiting -= 1
      })
    this.#last = done.catch(() => {})
    return done
  }

  async #inTurn<E extends AdminEvent>(change: AdminChange<E>): Promise<Changed> {
    const { random, view } = this.#options
    const { call, principal, route } = change
    const key = idempotencyKey(call.idempotencyKey, random)
    const commandId = commandEventId(principal.tenant, principal.user, route, key)
    const digest = requestDigest(call.body)
    const unseen = this.#unseen.get(commandId)
    if (unseen !== undefined) await this.#shown(commandId, unseen)
    const first = view.outcomes.get(commandId)
    if (first !== undefined) {
      if (first.requestDigest !== digest) refuseReusedKey()
      return { kind: 'shown', event: first.event, position: undefined }
    }
    if (this.#unseen.has(commandId)) return { kind: 'written', commandId }
    const position = await this.#write(change, commandId, digest)
    for (const seen of this.#unseen.keys()) {
      if (view.outcomes.get(seen) !== undefined) this.#unseen.delete(seen)
    }
    this.#unseen.set(commandId, position)
    const event = await this.#shown(commandId, position)
    return event === undefined ? { kind: 'written', commandId } : { kind: 'shown', event, position }
  }

  async #shown(commandId: string, position: Position): Promise<AdminEvent | undefined> {
    const { reader, view, waitMs } = this.#options
    if (!(await reader.reached(position, waitMs))) return undefined
    this.#unseen.delete(commandId)
    return view.outcomes.get(commandId)?.event
  }

  async #write<E extends AdminEvent>(
    change: AdminChange<E>,
    commandId: string,
    digest: string,
  ): Promise<Position> {
    const { clock, topics, writer } = this.#options
    const { call, entityId, entityType, principal, tenantId, topic } = change
    const sequence = this.#nextSequence(change)
    const nowMs = clock.nowMs()
    const entity = { entityType, entityId, sequence }
    const fact = change.fact(nowMs)
    const request: ChangesEnvelope = {
      eventId: commandId,
      eventType: 'ChangeRequested',
      eventVersion: 1,
      occurredAt: nowMs,
      producer: PRODUCER,
      tenantId,
      correlationId: call.correlationId,
      causationId: null,
      entity,
      payload: {
        action: fact.eventType,
        userId: nameOf(principal, tenantId),
        roles: [...principal.roles],
        requestDigest: digest,
      },
    }
    const { eventType, payload } = fact
    const event = causedEvent(
      { producer: PRODUCER, node: 'admin' },
      request,
      0,
      // The pair is one of the topic's: `fact` is typed by it.
      { eventType, payload, occurredAt: nowMs, entity } as never,
    ) as unknown as E
    const position = await writer.write([
      eventWrite(topics.admin.changes, { tenantId, entityId, event: request }),
      eventWrite(topics.admin.changes, { tenantId, entityId, event }),
      eventWrite(topic, { tenantId, entityId, event }),
    ])
    this.#sequences.set(`${topic.name} ${recordKey(tenantId, entityId)}`, sequence)
    return position
  }

  #nextSequence<E extends AdminEvent>(change: AdminChange<E>): number {
    const { entityId, expectedSequence, rows, tenantId, topic } = change
    const current = Math.max(
      rows.own(tenantId, entityId)?.entity.sequence ?? 0,
      this.#sequences.get(`${topic.name} ${recordKey(tenantId, entityId)}`) ?? 0,
    )
    if (expectedSequence !== undefined && expectedSequence !== current) {
      throw new ProblemError(
        409,
        'changed-meanwhile',
        `${entityId} was changed meanwhile: it is at sequence ${current}, not ${expectedSequence}. Read it again.`,
        { members: { currentSequence: current } },
      )
    }
    return current + 1
  }
}

const PRODUCER = 'gateway'

/** A user of the tenant by name; one of another tenant, which only what is common to all is changed by, with it. */
export function nameOf({ tenant, user }: Principal, ofTenant: string): string {
  return tenant === ofTenant ? user : `${user}@${tenant}`
}
