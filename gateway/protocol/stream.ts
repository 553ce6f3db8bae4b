import type { MarketItem } from './market.ts'
import type { Notification, Rfq } from './rfq.ts'
import type { Trade } from './trade.ts'

export type Channel =
  | 'market'
  | 'rfqs'
  | 'orders'
  | 'trades'
  | 'positions'
  | 'risk'
  | 'margin'
  | 'alerts'
  | 'ops'

/** Channels of which nothing is lost: every change in its order. */
export type JournalChannel = 'rfqs' | 'trades' | 'alerts'

export interface JournalItems {
  readonly rfqs: Rfq
  readonly trades: Trade
  readonly alerts: Notification
}

export type ClientMessage =
  | {
      readonly op: 'subscribe' | 'unsubscribe'
      readonly channel: JournalChannel
      readonly id?: number
    }
  | {
      readonly op: 'subscribe'
      readonly channel: 'market'
      readonly instrumentIds: readonly string[]
      readonly id?: number
    }
  | {
      readonly op: 'unsubscribe'
      readonly channel: 'market'
      readonly instrumentIds?: readonly string[]
      readonly id?: number
    }
  | { readonly op: 'ping'; readonly id?: number }

export type ServerMessage =
  | {
      readonly op: 'subscribed'
      readonly id?: number
      readonly ok: boolean
      readonly refused?: readonly string[]
    }
  | { readonly op: 'unsubscribed'; readonly id?: number; readonly ok: boolean }
  | { readonly op: 'pong'; readonly id?: number; readonly serverTimeMs: number }
  | {
      readonly channel: 'market'
      readonly type: 'snapshot' | 'update'
      readonly seq: number
      readonly data: readonly MarketItem[]
    }
  | {
      [C in JournalChannel]: {
        readonly channel: C
        /** `snapshot`: all that is live, newest last. `update`: the changed ones in order, the same one perhaps several times. `reset`: too much was waiting; a snapshot follows. */
        readonly type: 'snapshot' | 'update' | 'reset'
        readonly seq: number
        readonly data: readonly JournalItems[C][]
      }
    }[JournalChannel]
  | {
      readonly type: 'error'
      readonly code: string
      readonly message: string
      readonly id?: number
    }
