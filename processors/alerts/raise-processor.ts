import { causedEvent, eventId, type InboxEnvelope } from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import type { CountUnder } from '../metrics/count-by.ts'
import { notificationCounts } from './counts.ts'
import type { AlertCause, Notice, Noticed, NoticeKind } from './notice.ts'

export interface RaiseOptions<E extends AlertCause, S> {
  readonly topology: string
  readonly step: (state: S | undefined, event: E) => Noticed<S>
  readonly memory: {
    readonly store: KeyValueStoreSpec<string, S>
    readonly keyOf: (event: E, recordKey: string) => string
  }
}

/** Notifications of a step that remembers, each under the key of its audience: `tenant|user:<id>` or `tenant|role:<ROLE>`. */
export function raiseRemembering<E extends AlertCause, S>(
  options: RaiseOptions<E, S>,
): ProcessorSupplier<string, E, string, InboxEnvelope> {
  return () => new Raise(options)
}

/** Notifications of what an event says by itself. */
export function raise<E extends AlertCause>(options: {
  readonly topology: string
  readonly step: (event: E) => readonly Notice[]
}): ProcessorSupplier<string, E, string, InboxEnvelope> {
  const { step, topology } = options
  return () =>
    new Raise<E, never>({
      topology,
      step: (_, event) => ({ state: undefined, notices: step(event) }),
    })
}

class Raise<E extends AlertCause, S> implements Processor<string, E, string, InboxEnvelope> {
  readonly #options: Omit<RaiseOptions<E, S>, 'memory'> & Partial<RaiseOptions<E, S>>
  #context: ProcessorContext<string, InboxEnvelope> | undefined
  #store: KeyValueStore<string, S> | undefined
  #count: CountUnder<NoticeKind> | undefined
  #maker = { producer: '', node: '' }

  constructor(options: Omit<RaiseOptions<E, S>, 'memory'> & Partial<RaiseOptions<E, S>>) {
    this.#options = options
  }

  init(context: ProcessorContext<string, InboxEnvelope>): void {
    const { memory, topology } = this.#options
    this.#context = context
    this.#count = notificationCounts(context.metrics)
    this.#maker = { producer: topology, node: context.nodeName }
    this.#store = memory === undefined ? undefined : keyValueStoreOf(context, memory.store)
  }

  process(record: StreamRecord<string, E | undefined>): void {
    const context = this.#context
    if (context === undefined) return
    const { value: event } = record
    if (event === undefined || event === null) {
      context.deadLetter({
        code: 'ALERTS_NO_VALUE',
        what: 'the record has no value',
        remedy: 'What alerts read are events; correct the producer of this topic.',
      })
      return
    }
    const { headers, timestampMs } = record
    for (const [ordinal, notice] of this.#step(record.key, event).entries()) {
      this.#count?.(notice.kind)
      const value = notificationOf(this.#maker, event, ordinal, notice)
      const key = `${event.tenantId}|${notice.audience}`
      context.forward({ key, value, timestampMs, headers })
    }
  }

  #step(recordKey: string, event: E): readonly Notice[] {
    const { memory, step } = this.#options
    const store = this.#store
    if (memory === undefined || store === undefined) return step(undefined, event).notices
    const key = memory.keyOf(event, recordKey)
    const before = store.get(key)
    const { notices, state } = step(before, event)
    if (state === undefined) {
      if (before !== undefined) store.delete(key)
    } else if (state !== before) {
      store.put(key, state)
    }
    return notices
  }
}

/**
 * Raised when its cause happened. Its id follows from cause and kind: the same to all audiences, so that who is of several sees it once, and the same in a
 * replay.
 */
function notificationOf(
  maker: { readonly producer: string; readonly node: string },
  cause: AlertCause,
  ordinal: number,
  notice: Notice,
): InboxEnvelope {
  const notificationId = eventId(`${maker.producer}|${notice.kind}`, cause.eventId, 0)
  return causedEvent(maker, cause, ordinal, {
    eventType: 'NotificationRaised',
    occurredAt: cause.occurredAt,
    entity: { entityType: 'Notification', entityId: notificationId, sequence: ordinal + 1 },
    payload: { ...notice, notificationId, raisedAtMs: cause.occurredAt },
  })
}
