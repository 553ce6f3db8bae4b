/**
 * What clients may know of the gateway: the shapes on its WebSocket and in its JSON replies. Types only; imported by the SDK and the
 * dashboard. Times are ms since the epoch (UTC), market data are JSON numbers, money is a decimal string.
 */
export type * from './protocol/admin.ts'
export type * from './protocol/market.ts'
export type * from './protocol/problem.ts'
export type * from './protocol/rfq.ts'
export type * from './protocol/session.ts'
export type * from './protocol/stream.ts'
export type * from './protocol/topology.ts'
export type * from './protocol/trade.ts'
