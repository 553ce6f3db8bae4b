import { z } from 'zod'
import type { Clock } from '#streams'
import { jsonReply, Reply, type Route, userRoute } from '../http/route.ts'
import { CHAIN_READERS } from '../identity/chain-access.ts'
import { positionHeader } from '../views/awaited-position.ts'
import { reconcile } from '../views/reconciliation.ts'
import type { TradesView } from '../views/trades-view.ts'
import { reconciliationCsv } from './reconciliation-csv.ts'
import type { TradeReads } from './trade-reads.ts'
import { ReconciliationSchema } from './trade-schemas.ts'

/** Reports for operations. */
export function reportRoutes({
  clock,
  reads,
  trades,
}: {
  readonly clock: Clock
  readonly reads: TradeReads
  readonly trades: TradesView
}): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/reports/reconciliation',
      summary:
        'Trades that are not settled, and breaks between trades, confirmations and settlements, of what you may see; a file for format=csv.',
      tag: 'trades',
      access: CHAIN_READERS,
      isPositioned: true,
      query: z.strictObject({
        format: z.enum(['json', 'csv']).default('json'),
        graceSeconds: z.coerce
          .number()
          .int()
          .min(0)
          .max(86_400)
          .default(60)
          .describe('For which a confirmation or a trade may be on its way.'),
      }),
      response: ReconciliationSchema,
      handle: async ({ position, query }, principal) => {
        await reads.await(position)
        const report = reconcile(trades.visible(principal), {
          nowMs: clock.nowMs(),
          graceMs: query.graceSeconds * 1_000,
          forgottenMs: trades.forgottenMs(principal.tenant),
        })
        const at = positionHeader(reads.position())
        if (query.format === 'json') return jsonReply(200, report, at)
        const day = report.asOf.slice(0, 10)
        const headers = {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="reconciliation-${day}.csv"`,
          'cache-control': 'no-store',
          ...at,
        }
        return new Reply(200, headers, reconciliationCsv(report))
      },
    }),
  ]
}
