import {
  asOf,
  type BasketMember,
  basketLevel,
  costBps,
  effectiveSpreadBps,
  type Fill,
  lpStatistics,
  markoutBps,
  midOf,
  quantile,
  type RfqOutcome,
  slippageAmount,
  spreadCapture,
  type Touch,
  type TradePrint,
  timeWindowVwaps,
  tradeWindowVwaps,
  vwap,
  weightedSlippage,
} from '../execution-analytics/index.ts'

type TcaInput = VwapInput | ExecutionInput | RfqInput | BasketInput

interface VwapInput {
  readonly kind: 'vwap'
  readonly windowMs: number
  readonly windowTrades: number
  readonly trades: readonly TradePrint[]
}

interface ExecutionInput {
  readonly kind: 'execution'
  readonly quotes: readonly (Touch & { readonly t: number })[]
  readonly fills: readonly (Fill & {
    readonly decisionTime: number
    readonly executionTime: number
  })[]
  readonly markoutMs: number
}

interface RfqInput {
  readonly kind: 'rfq'
  readonly lps: readonly string[]
  readonly rfqs: readonly RfqOutcome[]
}

interface BasketInput {
  readonly kind: 'basketIndex'
  readonly baseLevel: number
  readonly members: readonly BasketMember[]
  readonly prices: readonly (readonly number[])[]
}

/** Vectors of tca.json. */
export function solveTca(input: unknown): unknown {
  // Vectors are read as their file describes them: one of another shape fails by its figures.
  const problem = input as TcaInput
  switch (problem.kind) {
    case 'vwap':
      return {
        timeWindow: timeWindowVwaps(problem.trades, problem.windowMs),
        tradeWindow: tradeWindowVwaps(problem.trades, problem.windowTrades),
        session: vwap(problem.trades),
      }
    case 'execution':
      return solveExecution(problem)
    case 'rfq': {
      const traded = problem.rfqs.filter(({ winner }) => winner !== null).length
      return {
        byLp: problem.lps.map((lp) => {
          const { responseMs, ...statistics } = lpStatistics(problem.rfqs, lp)
          const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantile(responseMs, q))
          return { lp, ...statistics, p50, p95, p99 }
        }),
        rfqs: problem.rfqs.length,
        traded,
        tradeRate: traded / problem.rfqs.length,
      }
    }
    case 'basketIndex':
      return {
        levels: problem.prices.map((prices) =>
          basketLevel(problem.members, prices, problem.baseLevel),
        ),
      }
  }
}

function solveExecution({ quotes, fills, markoutMs }: ExecutionInput): unknown {
  const judged = fills.map((fill) => {
    const decision = asOf(quotes, fill.decisionTime)
    const execution = asOf(quotes, fill.executionTime)
    const later = asOf(quotes, fill.executionTime + markoutMs)
    const decisionMid = decision === undefined ? null : midOf(decision)
    const known = execution !== undefined && later !== undefined
    return {
      decisionMid,
      slippageBps: decisionMid === null ? null : costBps(fill.side, fill.price, decisionMid),
      slippageAmount: decisionMid === null ? null : slippageAmount(fill, decisionMid),
      effectiveSpreadBps: known ? effectiveSpreadBps(fill, midOf(execution)) : null,
      spreadCapture: known ? spreadCapture(fill, execution) : null,
      markoutBps: known ? markoutBps(fill, midOf(later)) : null,
      timeToExecutionMs: fill.executionTime - fill.decisionTime,
    }
  })
  const total = weightedSlippage(
    fills.map((fill, index) => ({ fill, decisionMid: judged[index]?.decisionMid ?? null })),
  )
  return { fills: judged, totalSlippageAmount: total.amount, weightedSlippageBps: total.bps }
}
