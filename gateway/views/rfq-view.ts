import type { LifecycleEnvelope } from '#avro'
import { audienceOf, maySee } from '../identity/chain-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { Rfq } from '../protocol.ts'
import type { JournalSource } from '../stream/journal-channels.ts'
import { Journal } from './journal.ts'
import { isOver, rfqAfter } from './rfq-item.ts'

interface TenantRfqs {
  /** By id, the oldest first. */
  readonly all: Map<string, Rfq>
  readonly live: Set<string>
  /** Ids in the order in which they ended. */
  readonly over: Set<string>
  readonly journal: Journal<Rfq>
}

/**
 * RFQs as they stand, of each tenant at most `rfqsMax`: beyond that the one that ended first goes, and one that is live only when none has ended.
 */
export class RfqView implements JournalSource<Rfq> {
  readonly #limits: { readonly rfqsMax: number; readonly changesMax: number }
  readonly #byTenant = new Map<string, TenantRfqs>()
  #unknown = 0

  constructor(limits: { readonly rfqsMax: number; readonly changesMax: number }) {
    this.#limits = limits
  }

  get size(): number {
    return this.#sum(({ all }) => all.size)
  }

  get live(): number {
    return this.#sum(({ live }) => live.size)
  }

  /** Events of RFQs that are not kept. */
  get unknown(): number {
    return this.#unknown
  }

  apply(event: LifecycleEnvelope): void {
    const own = this.#tenant(event.tenantId)
    const { rfqId } = event.payload
    const before = own.all.get(rfqId)
    const after = rfqAfter(before, event)
    if (after === undefined) this.#unknown += 1
    if (after === undefined || after === before) return
    own.all.set(rfqId, after)
    if (isOver(after)) {
      own.live.delete(rfqId)
      own.over.add(rfqId)
    } else {
      own.live.add(rfqId)
    }
    own.journal.append(after)
    if (own.all.size > this.#limits.rfqsMax) dropOldest(own)
  }

  get(tenant: string, rfqId: string): Rfq | undefined {
    return this.#byTenant.get(tenant)?.all.get(rfqId)
  }

  /** Those that the caller may see, the oldest first. */
  *visible(principal: Principal): Iterable<Rfq> {
    for (const rfq of this.#byTenant.get(principal.tenant)?.all.values() ?? [])
      if (maySee(principal, rfq)) yield rfq
  }

  journal(tenant: string): Journal<Rfq> {
    return this.#tenant(tenant).journal
  }

  /** What is live. */
  snapshot(principal: Principal, max: number): readonly Rfq[] {
    const own = this.#tenant(principal.tenant)
    const items: Rfq[] = []
    for (const rfqId of own.live) {
      const rfq = own.all.get(rfqId)
      if (rfq !== undefined && maySee(principal, rfq)) items.push(rfq)
    }
    return items.slice(-max)
  }

  sees(principal: Principal, rfq: Rfq): boolean {
    return maySee(principal, rfq)
  }

  audience(principal: Principal): string | undefined {
    return audienceOf(principal)
  }

  #tenant(tenant: string): TenantRfqs {
    let own = this.#byTenant.get(tenant)
    if (own === undefined) {
      const journal = new Journal<Rfq>(this.#limits.changesMax)
      own = { all: new Map(), live: new Set(), over: new Set(), journal }
      this.#byTenant.set(tenant, own)
    }
    return own
  }

  #sum(count: (own: TenantRfqs) => number): number {
    return [...this.#byTenant.values()].reduce((sum, own) => sum + count(own), 0)
  }
}

function dropOldest({ all, live, over }: TenantRfqs): void {
  const oldest = over.values().next().value ?? live.values().next().value
  if (oldest === undefined) return
  all.delete(oldest)
  over.delete(oldest)
  live.delete(oldest)
}
