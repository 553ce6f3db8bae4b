import type { LpAnswer, LpMetricsUpdated, LpTally, Quantiles } from '#avro'
import {
  lpRatios,
  meanOf,
  NO_VALUES,
  type QuantileSketch,
  quantileOf,
  withValue,
} from '#quant/execution-analytics'

export const NO_RFQS: LpTally = {
  invited: 0,
  quoted: 0,
  won: 0,
  quotedOfTraded: 0,
  lastLookRejected: 0,
  responseMs: NO_VALUES,
  distanceToBestBps: NO_VALUES,
  wonNotional: 0,
  published: 0,
  changed: false,
}

/** With one RFQ more. */
export function withAnswer(tally: LpTally, answer: LpAnswer): LpTally {
  const quoted = answer.responseMs.length > 0
  return {
    invited: tally.invited + count(answer.invited),
    quoted: tally.quoted + count(quoted),
    won: tally.won + count(answer.won),
    quotedOfTraded: tally.quotedOfTraded + count(quoted && answer.traded),
    lastLookRejected: tally.lastLookRejected + answer.lastLookRejected,
    responseMs: answer.responseMs.reduce(withValue, tally.responseMs),
    distanceToBestBps: answer.distanceToBestBps.reduce(withValue, tally.distanceToBestBps),
    wonNotional: tally.wonNotional + answer.wonNotional,
    published: tally.published,
    changed: true,
  }
}

export function metricsOf(lpId: string, tally: LpTally, updatedAtMs: number): LpMetricsUpdated {
  const { invited, quoted, won, quotedOfTraded, lastLookRejected, wonNotional } = tally
  return {
    lpId,
    invited,
    quoted,
    won,
    quotedOfTraded,
    lastLookRejected,
    ...lpRatios(tally),
    responseMs: quantilesOf(tally.responseMs),
    distanceToBestBps: quantilesOf(tally.distanceToBestBps),
    wonNotional,
    updatedAtMs,
  }
}

function quantilesOf(sketch: QuantileSketch): Quantiles {
  return {
    count: sketch.count,
    mean: meanOf(sketch),
    p50: quantileOf(sketch, 0.5),
    p90: quantileOf(sketch, 0.9),
    p99: quantileOf(sketch, 0.99),
  }
}

function count(is: boolean): number {
  return is ? 1 : 0
}
