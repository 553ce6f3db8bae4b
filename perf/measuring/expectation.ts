import type { FeedInstrument, FeedMessage } from '#feeds'

/** What must come out for one instrument, counted at the source and not by the code that is measured. */
export interface Expected {
  readonly basis: FeedInstrument['priceBasis']
  ticks: number
  heartbeats: number
  /** Ticks that bars are made of. */
  barTicks: number
  /** In the order of the feed, so that the same addition of the output gives the same bits. */
  bidSum: number
  tradedSize: number
  lastBid: number | null
}

export type Expectation = Readonly<Record<string, Expected>>

/** Passes messages on and counts them. Late, crossed and malformed ones must have been left out. */
export function expecting(instruments: readonly FeedInstrument[]): {
  readonly expectation: Expectation
  readonly watch: (messages: Iterable<FeedMessage>) => Iterable<FeedMessage>
} {
  const expectation: Record<string, Expected> = {}
  for (const { instrumentId, priceBasis: basis } of instruments) {
    expectation[instrumentId] = {
      basis,
      ticks: 0,
      heartbeats: 0,
      barTicks: 0,
      bidSum: 0,
      tradedSize: 0,
      lastBid: null,
    }
  }
  return {
    expectation,
    *watch(messages) {
      for (const message of messages) {
        const expected = expectation[message.entityId]
        if (expected === undefined) throw new Error(`${message.entityId} is no instrument`)
        count(expected, message)
        yield message
      }
    },
  }
}

function count(expected: Expected, { event }: FeedMessage): void {
  switch (event.eventType) {
    case 'FeedQuote':
      expected.ticks += 1
      expected.bidSum += event.payload.bid ?? 0
      expected.lastBid = event.payload.bid
      if (expected.basis === 'MID') expected.barTicks += 1
      return
    case 'FeedTrade':
      expected.ticks += 1
      expected.tradedSize += event.payload.size
      if (expected.basis === 'TRADE') expected.barTicks += 1
      return
    case 'FeedHeartbeat':
      expected.heartbeats += 1
      return
    case 'FeedBar':
    case 'FeedDepth':
    case 'FeedUnreadable':
      throw new Error(`the simulator gave a ${event.eventType}`)
  }
}
