import type { LpMetricsEnvelope, Quantiles, TcaEnvelope } from '#avro'
import type { LpMetrics, QuantilesItem, Tca } from '../protocol.ts'
import { isoTime } from './iso-time.ts'

/** What each liquidity provider did for each tenant, and what each trade cost against the market. */
export class AnalyticsView {
  readonly #tcaPerTenantMax: number
  readonly #metrics = new Map<string, Map<string, LpMetrics>>()
  /** In the order they came: a compacted topic gives each trade once, or again as it is. */
  readonly #tca = new Map<string, Map<string, Tca>>()

  constructor({ tcaPerTenantMax }: { readonly tcaPerTenantMax: number }) {
    this.#tcaPerTenantMax = tcaPerTenantMax
  }

  applyMetrics(event: LpMetricsEnvelope): void {
    const { payload, tenantId } = event
    of(this.#metrics, tenantId).set(payload.lpId, metricsItem(event))
  }

  applyTca({ payload, tenantId }: TcaEnvelope): void {
    const ofTenant = of(this.#tca, tenantId)
    ofTenant.set(payload.tradeId, tcaItem(payload))
    if (ofTenant.size <= this.#tcaPerTenantMax) return
    const [oldest] = ofTenant.keys()
    if (oldest !== undefined) ofTenant.delete(oldest)
  }

  metrics(tenant: string): Iterable<LpMetrics> {
    return this.#metrics.get(tenant)?.values() ?? []
  }

  tca(tenant: string): Iterable<Tca> {
    return this.#tca.get(tenant)?.values() ?? []
  }
}

function of<T>(byTenant: Map<string, Map<string, T>>, tenant: string): Map<string, T> {
  const found = byTenant.get(tenant) ?? new Map<string, T>()
  byTenant.set(tenant, found)
  return found
}

function metricsItem({ payload }: LpMetricsEnvelope): LpMetrics {
  const { distanceToBestBps, responseMs, updatedAtMs, wonNotional: _, ...rest } = payload
  return {
    ...rest,
    responseMs: quantilesItem(responseMs),
    distanceToBestBps: quantilesItem(distanceToBestBps),
    updatedAt: isoTime(updatedAtMs),
  }
}

function quantilesItem({ count, mean, p50, p90, p99 }: Quantiles): QuantilesItem {
  return { count, mean, p50, p90, p99 }
}

function tcaItem(payload: TcaEnvelope['payload']): Tca {
  const { decisionTimeMs, executionTimeMs, price, quantity, userId, ...rest } = payload
  return {
    ...rest,
    user: userId,
    quantity: quantity.toFixed(),
    price: price.toFixed(),
    decisionTime: isoTime(decisionTimeMs),
    executionTime: isoTime(executionTimeMs),
  }
}
