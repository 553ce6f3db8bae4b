import type { ConfirmationsEnvelope, SettlementEnvelope, TradesEnvelope } from '#avro'
import { audienceOf, maySee } from '../identity/chain-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { Trade } from '../protocol.ts'
import type { JournalSource } from '../stream/journal-channels.ts'
import { Journal } from './journal.ts'
import { rowAfter, subjectOf, type TradeRow } from './trade-row.ts'

interface TenantTrades {
  /** By trade, in the order in which they were first heard of. */
  readonly rows: Map<string, TradeRow>
  readonly journal: Journal<Trade>
  /** Execution of the newest trade that was let go; 0 when none was. */
  forgottenMs: number
}

/** Trades with their confirmation and settlement, of each tenant the newest `tradesMax`. */
export class TradesView implements JournalSource<Trade> {
  readonly #limits: { readonly tradesMax: number; readonly changesMax: number }
  readonly #byTenant = new Map<string, TenantTrades>()

  constructor(limits: { readonly tradesMax: number; readonly changesMax: number }) {
    this.#limits = limits
  }

  get size(): number {
    return [...this.#byTenant.values()].reduce((sum, { rows }) => sum + rows.size, 0)
  }

  apply(event: TradesEnvelope | ConfirmationsEnvelope | SettlementEnvelope): void {
    const own = this.#tenant(event.tenantId)
    const { tradeId } = event.payload
    const before = own.rows.get(tradeId)
    const after = rowAfter(before ?? { tradeId, correlationId: event.correlationId }, event)
    if (after === before) return
    own.rows.set(tradeId, after)
    if (after.item !== undefined) own.journal.append(after.item)
    if (own.rows.size > this.#limits.tradesMax) forgetOldest(own)
  }

  /** One that the caller may see. */
  find(principal: Principal, tradeId: string): TradeRow | undefined {
    const row = this.#byTenant.get(principal.tenant)?.rows.get(tradeId)
    return row !== undefined && isVisible(principal, row) ? row : undefined
  }

  /** Those that the caller may see, the oldest first. */
  *visible(principal: Principal): Iterable<TradeRow> {
    for (const row of this.#byTenant.get(principal.tenant)?.rows.values() ?? [])
      if (isVisible(principal, row)) yield row
  }

  /** Trades executed then or before may be missing; 0: none is. */
  forgottenMs(tenant: string): number {
    return this.#byTenant.get(tenant)?.forgottenMs ?? 0
  }

  journal(tenant: string): Journal<Trade> {
    return this.#tenant(tenant).journal
  }

  snapshot(principal: Principal, max: number): readonly Trade[] {
    const items: Trade[] = []
    for (const { item } of this.visible(principal)) if (item !== undefined) items.push(item)
    return items.slice(-max)
  }

  sees(principal: Principal, trade: Trade): boolean {
    return maySee(principal, trade)
  }

  audience(principal: Principal): string | undefined {
    return audienceOf(principal)
  }

  #tenant(tenant: string): TenantTrades {
    let own = this.#byTenant.get(tenant)
    if (own === undefined) {
      own = { rows: new Map(), journal: new Journal(this.#limits.changesMax), forgottenMs: 0 }
      this.#byTenant.set(tenant, own)
    }
    return own
  }
}

function isVisible(principal: Principal, row: TradeRow): boolean {
  const subject = subjectOf(row)
  return subject !== undefined && maySee(principal, subject)
}

function forgetOldest(own: TenantTrades): void {
  const [oldest] = own.rows.values()
  if (oldest === undefined) return
  own.rows.delete(oldest.tradeId)
  const executedAtMs = (oldest.trade ?? oldest.confirmation)?.executedAtMs ?? 0
  own.forgottenMs = Math.max(own.forgottenMs, executedAtMs)
}
