import type { FeedBar, FeedDepth, FeedHeartbeat, FeedQuote, FeedTrade, FeedUnreadable } from '#avro'

/** Payloads of marketdata.raw with the event type that names them. */
export type RawEvent =
  | { readonly eventType: 'FeedQuote'; readonly payload: FeedQuote }
  | { readonly eventType: 'FeedTrade'; readonly payload: FeedTrade }
  | { readonly eventType: 'FeedBar'; readonly payload: FeedBar }
  | { readonly eventType: 'FeedDepth'; readonly payload: FeedDepth }
  | { readonly eventType: 'FeedHeartbeat'; readonly payload: FeedHeartbeat }
  | { readonly eventType: 'FeedUnreadable'; readonly payload: FeedUnreadable }
