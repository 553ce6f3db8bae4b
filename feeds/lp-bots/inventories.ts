import type { Decimal } from 'decimal.js'

/** Providers lay off what they hold: half of it is gone after this. */
const HALF_LIFE_MS = 120_000
/** Trades before this no longer count: 1/32 of them is left. */
export const INVENTORY_LOOK_BACK_MS = 5 * HALF_LIFE_MS
const HELD_MAX = 20_000

interface Held {
  notional: number
  atMs: number
}

/**
 * What each provider holds of an instrument against each tenant, in notional. By tenant, so that nobody reads another's trades out of skewed
 * prices. It moves prices by some bps and no money, hence doubles.
 */
export class Inventories {
  readonly #held = new Map<string, Held>()

  /** A trade; `side` is the requester's, so the provider does the opposite. */
  traded(
    tenantId: string,
    trade: {
      readonly lpId: string
      readonly instrumentId: string
      readonly side: 'BUY' | 'SELL'
      readonly notional: Decimal
      readonly executedAtMs: number
    },
  ): void {
    const key = keyOf(tenantId, trade.lpId, trade.instrumentId)
    const change = trade.notional.toNumber() * (trade.side === 'BUY' ? -1 : 1)
    const before = this.#held.get(key)
    if (before === undefined) {
      if (this.#held.size >= HELD_MAX) this.#forgetOldest()
      this.#held.set(key, { notional: change, atMs: trade.executedAtMs })
      return
    }
    const atMs = Math.max(before.atMs, trade.executedAtMs)
    before.notional = decayed(before, atMs) + change * share(atMs - trade.executedAtMs)
    before.atMs = atMs
  }

  held(tenantId: string, lpId: string, instrumentId: string, nowMs: number): number {
    const held = this.#held.get(keyOf(tenantId, lpId, instrumentId))
    return held === undefined ? 0 : decayed(held, Math.max(nowMs, held.atMs))
  }

  /** First come, first gone: it is the one that has decayed longest, or will soon be there again. */
  #forgetOldest(): void {
    const [oldest] = this.#held.keys()
    if (oldest !== undefined) this.#held.delete(oldest)
  }
}

function keyOf(tenantId: string, lpId: string, instrumentId: string): string {
  return `${tenantId}|${lpId}|${instrumentId}`
}

function share(elapsedMs: number): number {
  return 2 ** (-elapsedMs / HALF_LIFE_MS)
}

function decayed({ notional, atMs }: Held, nowMs: number): number {
  return notional * share(nowMs - atMs)
}
