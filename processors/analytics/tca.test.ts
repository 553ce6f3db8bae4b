import { readFileSync } from 'node:fs'
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { Mark, RFQTraded, Side } from '#avro'
import { asOf, midOf, type Touch } from '#quant/execution-analytics'
import { compare, type Tolerances } from '../../quant/golden/compare.ts'
import { rfqChain } from './fixtures/rfq-chain.ts'
import { tcaOf } from './tca.ts'

interface Vectors {
  readonly tolerance: Tolerances
  readonly cases: readonly { readonly input: unknown; readonly expected: unknown }[]
}

interface Execution {
  readonly kind: string
  readonly quotes: readonly (Touch & { readonly t: number })[]
  readonly fills: readonly {
    readonly side: Side
    readonly quantity: number
    readonly price: number
    readonly decisionTime: number
    readonly executionTime: number
  }[]
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../quant/golden/vectors/tca.json', import.meta.url), 'utf8'),
)

function traded(more: Partial<RFQTraded> = {}): RFQTraded {
  const event = rfqChain(0).lifecycle.at(-1)
  if (event?.eventType !== 'RFQTraded') throw new Error('not a trade')
  return { ...event.payload, ...more }
}

test('the figures of a trade agree with golden vectors', () => {
  let compared = 0
  for (const { input, expected } of vectors.cases) {
    const { kind, quotes, fills } = input as Execution
    if (kind !== 'execution') continue
    const markAt = (t: number): Mark | null => {
      const quote = asOf(quotes, t)
      return quote === undefined
        ? null
        : { bid: quote.bid, ask: quote.ask, mid: midOf(quote), eventTimeMs: quote.t }
    }
    const wanted = (expected as { fills: readonly { readonly markoutBps?: unknown }[] }).fills
    for (const [index, fill] of fills.entries()) {
      const { summary } = traded()
      const figures = tcaOf(
        traded({
          price: new Decimal(fill.price),
          quantity: new Decimal(fill.quantity),
          decisionTimeMs: fill.decisionTime,
          executionTimeMs: fill.executionTime,
          decision: markAt(fill.decisionTime),
          execution: markAt(fill.executionTime),
          summary: { ...summary, side: fill.side, createdAtMs: fill.decisionTime },
        }),
      )
      const { markoutBps: _, ...known } = wanted[index] ?? {}
      expect(compare(known, figures, vectors.tolerance).problems).toEqual([])
      compared += 1
    }
  }
  expect(compared).toBeGreaterThan(50)
})

test('what the winner gave away is the distance to the next price, for a seller the next lower one', () => {
  const quotes = ['1.01', '1.00', '1.03'].map((price, place) => ({
    quoteId: `Q-${place}`,
    lpId: `LP-${place}`,
    quotedBy: 'bot',
    price: new Decimal(price),
    size: new Decimal(1),
    responseMs: 1,
    rank: 1,
  }))
  const { summary } = traded()
  const coverOf = (side: Side, some = quotes) =>
    tcaOf(traded({ summary: { ...summary, side, quotes: some } })).coverBps
  expect(coverOf('BUY')).toBeCloseTo(100, 9)
  expect(coverOf('SELL')).toBeCloseTo(((1.03 - 1.01) / 1.03) * 1e4, 9)
  expect(coverOf('BUY', quotes.slice(0, 1))).toBeNull()
})
