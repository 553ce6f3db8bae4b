import type { InboxEnvelope } from '#avro'
import { PLATFORM_TENANT } from '#topics'
import type { Principal } from '../identity/principal.ts'
import type { Notification } from '../protocol.ts'
import type { JournalSource } from '../stream/journal-channels.ts'
import { isoTime } from './iso-time.ts'
import { Journal } from './journal.ts'

/** To whom it goes is not part of what is shown. */
class InboxItem implements Notification {
  readonly notificationId: string
  readonly kind: string
  readonly severity: Notification['severity']
  readonly title: string
  readonly text: string
  readonly entityType: string
  readonly entityId: string
  readonly raisedAt: string
  readonly correlationId: string
  readonly #address: string

  constructor({ correlationId, payload, tenantId }: InboxEnvelope) {
    this.notificationId = payload.notificationId
    this.kind = payload.kind
    this.severity = severityOf(payload.severity)
    this.title = payload.title
    this.text = payload.text
    this.entityType = payload.entityType
    this.entityId = payload.entityId
    this.raisedAt = isoTime(payload.raisedAtMs)
    this.correlationId = correlationId
    this.#address = addressOf(tenantId, payload.audience)
  }

  isFor(addresses: readonly string[]): boolean {
    return addresses.includes(this.#address)
  }
}

/**
 * The newest notifications of each user and role. A caller reads what was sent to it and to its roles in its tenant, and what the platform sent to its roles:
 * that is how an event that concerns all tenants is told.
 */
export class InboxView implements JournalSource<Notification> {
  readonly #perAudienceMax: number
  readonly #changesMax: number
  readonly #byAddress = new Map<string, InboxItem[]>()
  readonly #journals = new Map<string, Journal<Notification>>()

  constructor(options: { readonly perAudienceMax: number; readonly changesMax: number }) {
    this.#perAudienceMax = options.perAudienceMax
    this.#changesMax = options.changesMax
  }

  apply(event: InboxEnvelope): void {
    const { payload, tenantId } = event
    const item = new InboxItem(event)
    const address = addressOf(tenantId, payload.audience)
    const items = this.#byAddress.get(address) ?? []
    this.#byAddress.set(address, items)
    items.push(item)
    // Not at each one: what is moved by it is shared out.
    if (items.length >= this.#perAudienceMax * 2)
      items.splice(0, items.length - this.#perAudienceMax)
    if (tenantId === PLATFORM_TENANT) {
      for (const journal of this.#journals.values()) journal.append(item)
    } else {
      this.#journals.get(tenantId)?.append(item)
    }
  }

  /** All that a caller may read, once each: one notification may go to several of its roles. */
  of(principal: Principal): readonly Notification[] {
    const byId = new Map<string, Notification>()
    for (const address of addressesOf(principal)) {
      for (const item of this.#byAddress.get(address)?.slice(-this.#perAudienceMax) ?? []) {
        byId.set(item.notificationId, item)
      }
    }
    return [...byId.values()]
  }

  journal(tenant: string): Journal<Notification> {
    const journal = this.#journals.get(tenant) ?? new Journal<Notification>(this.#changesMax)
    this.#journals.set(tenant, journal)
    return journal
  }

  snapshot(principal: Principal, max: number): readonly Notification[] {
    return [...this.of(principal)].sort(byTime).slice(-max)
  }

  sees(principal: Principal, item: Notification): boolean {
    return item instanceof InboxItem && item.isFor(addressesOf(principal))
  }

  /** Everybody has an inbox. */
  audience(principal: Principal): string {
    return addressesOf(principal).join(' ')
  }
}

function addressesOf({ roles, tenant, user }: Principal): readonly string[] {
  const tenants = tenant === PLATFORM_TENANT ? [tenant] : [tenant, PLATFORM_TENANT]
  return [
    addressOf(tenant, `user:${user}`),
    ...tenants.flatMap((of) => [...roles].sort().map((role) => addressOf(of, `role:${role}`))),
  ]
}

function addressOf(tenant: string, audience: string): string {
  return JSON.stringify([tenant, audience])
}

function byTime(a: Notification, b: Notification): number {
  if (a.raisedAt !== b.raisedAt) return a.raisedAt < b.raisedAt ? -1 : 1
  return a.notificationId < b.notificationId ? -1 : 1
}

function severityOf(text: string): Notification['severity'] {
  return text === 'CRITICAL' || text === 'WARNING' ? text : 'INFO'
}
