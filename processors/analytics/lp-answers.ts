import type { LpAnswer } from '#avro'
import { costBps, signOf } from '#quant/execution-analytics'
import { notionalOf } from '../instruments/notional.ts'
import type { EndedRfq } from './ended-rfq.ts'

/** What an ended RFQ says of each liquidity provider that it asked, in the order of the invitation. */
export function answersOf({ payload, eventType }: EndedRfq): ReadonlyMap<string, LpAnswer> {
  const { summary } = payload
  const { side, quotes, invited } = summary
  const traded = eventType === 'RFQTraded'
  const notional = traded
    ? notionalOf(summary.assetClass, payload.quantity, payload.price).toNumber()
    : 0
  const sign = signOf(side)
  const [best] = quotes.map(({ price }) => price).toSorted((a, b) => sign * a.comparedTo(b))
  const lpIds = new Set([...invited, ...quotes.map(({ lpId }) => lpId)])
  const answers = new Map<string, LpAnswer>()
  for (const lpId of lpIds) {
    const own = quotes.filter((quote) => quote.lpId === lpId)
    const won = traded && summary.winnerLpId === lpId
    answers.set(lpId, {
      invited: invited.includes(lpId),
      traded,
      won,
      lastLookRejected: summary.lastLookRejectedLpIds.filter((each) => each === lpId).length,
      responseMs: own.map(({ responseMs }) => responseMs),
      distanceToBestBps: own.flatMap(({ price }) => {
        const bps = best === undefined ? null : costBps(side, price.toNumber(), best.toNumber())
        return bps === null ? [] : [bps]
      }),
      wonNotional: won ? notional : 0,
    })
  }
  return answers
}
