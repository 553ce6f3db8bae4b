import type { EventWriter } from '../commands/event-writer.ts'
import type { GatewayOptions } from '../gateway-options.ts'
import type { Route } from '../http/route.ts'
import type { GatewayLimits } from '../limits.ts'
import type { JournalChannels } from '../stream/journal-channels.ts'
import type { AdminView } from '../views/admin-view.ts'
import type { EventFeed } from '../views/event-feed.ts'
import type { InstrumentsView } from '../views/instruments-view.ts'
import type { TopicView } from '../views/topic-view.ts'

/** What administrators set, and the view of topics that it is read through. */
export interface AdminReader {
  readonly view: AdminView
  readonly reader: TopicView
}

/** What parts share. */
export interface PartContext {
  readonly options: GatewayOptions
  readonly limits: GatewayLimits
  readonly instruments: InstrumentsView
  readonly admin: AdminReader
  readonly writer: EventWriter
  /** Every event of the trading chain: a part adds its handlers while it is made. */
  readonly feed: EventFeed
  /** The view that the feed is read through; there once all parts are made. */
  readonly events: () => TopicView
  /** A part adds its channels while it is made. */
  readonly channels: JournalChannels
}

/** A capability of the gateway. */
export interface GatewayPart {
  readonly routes: readonly Route[]
  /** Followed while the gateway runs, and asked by `/readyz`. */
  readonly views?: readonly TopicView[]
  /** Followed, and not asked: the rest is served without them. */
  readonly viewsBeside?: readonly TopicView[]
}
