export { type BasketMember, basketLevel } from './basket-index.ts'
export {
  asOf,
  costBps,
  effectiveSpreadBps,
  type Fill,
  markoutBps,
  midOf,
  signOf,
  slippageAmount,
  spreadCapture,
  type Touch,
  weightedSlippage,
} from './execution-quality.ts'
export {
  meanOf,
  mergeSketches,
  NO_VALUES,
  type QuantileSketch,
  quantileOf,
  SKETCH_ACCURACY,
  withValue,
} from './quantile-sketch.ts'
export {
  lpRatios,
  lpStatistics,
  quantile,
  type RfqOutcome,
} from './rfq-statistics.ts'
export { type TradePrint, timeWindowVwaps, tradeWindowVwaps, vwap } from './vwap.ts'
