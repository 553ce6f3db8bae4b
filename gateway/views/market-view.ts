import type { MarketSnapshotUpdated, SnapshotsEnvelope, StatusEnvelope } from '#avro'
import type { Clock } from '#streams'
import type { DepthLevel, Instrument, MarketItem, MarketSnapshot } from '../protocol.ts'
import { qualityOf } from './quality.ts'
import { shownPrice, shownSize } from './shown-number.ts'

/** One instrument's latest state. `changedAtTick` is the tick of the coalescer that has to send it. */
export interface MarketSlot {
  readonly key: string
  readonly instrumentId: string
  snapshot: MarketSnapshotUpdated | undefined
  /** As the market-data topology says. */
  stale: boolean
  /** Nothing at all is heard, and of this one for too long: see `MarketView`. */
  unheard: boolean
  /** By the monotonic clock, when something of it was last read. */
  heardMs: number
  publishedAtMs: number
  changedAtTick: number
  /** JSON of the market item as it was at `encodedAtTick`. */
  fragment: Buffer | undefined
}

export interface MarketViewOptions {
  readonly clock: Clock
  /** At most so many instruments; what comes then is counted and left out. */
  readonly instrumentsMax: number
  /** See `GATEWAY_LIMITS.marketSilentMs`. */
  readonly marketSilentMs: number
  /** Reference data by `tenantId|instrumentId`. */
  readonly instrument: (key: string) => ViewedInstrument | undefined
}

type ViewedInstrument = Pick<Instrument, 'staleAfterMs' | 'priceDecimals'>

/** Of an instrument without reference data. */
const STALE_AFTER_MS_DEFAULT = 60_000
const LOOK_EVERY_MS = 1_000

/**
 * Latest snapshot and stale flag per `tenantId|instrumentId`. Changes are stamped with the tick that is to send them, so that "changed
 * since tick n" is one comparison, for any number of readers with any lag. Slots are numbered and never renumbered.
 *
 * Whether a price is stale is what the market-data topology says, as long as anything is heard from it. When no record of any
 * instrument has come for `marketSilentMs`, the topology or the log may be gone, and nobody would say so: then instruments of which
 * nothing was read for their own `staleAfterMs` are stale, too. The next record of whichever instrument shows that the topology lives,
 * and takes all of that back: one that is quiet beside others that move is the topology's to judge, which hears heartbeats.
 */
export class MarketView {
  readonly #options: MarketViewOptions
  readonly #slotByKey = new Map<string, number>()
  readonly #slots: MarketSlot[] = []
  #tick = 1
  #leftOut = 0
  #heardMs: number
  #lookedMs = Number.NEGATIVE_INFINITY
  #unheard = 0

  constructor(options: MarketViewOptions) {
    this.#options = options
    this.#heardMs = options.clock.monotonicMs()
  }

  get size(): number {
    return this.#slots.length
  }

  get leftOut(): number {
    return this.#leftOut
  }

  /** Instruments that are stale because nothing is heard at all. */
  get unheard(): number {
    return this.#unheard
  }

  applySnapshot(key: string, event: SnapshotsEnvelope | undefined): void {
    const slot = this.#hear(key)
    if (slot === undefined) return
    slot.snapshot = event?.payload
    slot.publishedAtMs = this.#options.clock.nowMs()
    this.#touch(slot)
  }

  applyStatus(key: string, event: StatusEnvelope | undefined): void {
    const slot = this.#hear(key)
    if (slot === undefined) return
    const stale = event?.eventType === 'MarketDataStaleDetected'
    if (slot.stale === stale) return
    slot.stale = stale
    slot.publishedAtMs = this.#options.clock.nowMs()
    this.#touch(slot)
  }

  /** Marks what is stale because nothing is heard. Cheap while something is; looks at most once a second while nothing is. */
  lookForSilence(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#heardMs <= this.#options.marketSilentMs) return
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return
    this.#lookedMs = nowMs
    for (const slot of this.#slots) {
      if (slot.unheard || slot.snapshot === undefined) continue
      const staleAfterMs =
        this.#options.instrument(slot.key)?.staleAfterMs ?? STALE_AFTER_MS_DEFAULT
      if (nowMs - slot.heardMs <= staleAfterMs) continue
      slot.unheard = true
      this.#unheard += 1
      if (!slot.stale) this.#touch(slot)
    }
  }

  /** Number of an instrument's slot, made if there is none yet; undefined when the view is full. */
  slotNumber(key: string): number | undefined {
    const known = this.#slotByKey.get(key)
    if (known !== undefined) return known
    if (this.#slots.length >= this.#options.instrumentsMax) {
      this.#leftOut += 1
      return undefined
    }
    const number = this.#slots.length
    this.#slots.push({
      key,
      instrumentId: key.slice(key.indexOf('|') + 1),
      snapshot: undefined,
      stale: false,
      unheard: false,
      heardMs: 0,
      publishedAtMs: 0,
      changedAtTick: 0,
      fragment: undefined,
    })
    this.#slotByKey.set(key, number)
    return number
  }

  has(key: string): boolean {
    return this.#slotByKey.has(key)
  }

  slot(number: number): MarketSlot {
    const slot = this.#slots[number]
    if (slot === undefined) throw new RangeError(`there is no slot ${number}`)
    return slot
  }

  /** Ends the current tick and returns it: changes up to now carry this number or a lower one, later ones a higher one. */
  endTick(): number {
    return this.#tick++
  }

  snapshot(key: string): MarketSnapshot | undefined {
    const number = this.#slotByKey.get(key)
    if (number === undefined) return undefined
    const slot = this.slot(number)
    return toMarketSnapshot(slot, this.#decimalsOf(slot))
  }

  /** JSON of a slot's market item, encoded once per change; undefined while there is no price. */
  fragment(slot: MarketSlot): Buffer | undefined {
    if (slot.fragment === undefined) {
      const item = toMarketItem(slot, this.#decimalsOf(slot))
      if (item === undefined) return undefined
      slot.fragment = Buffer.from(JSON.stringify(item))
    }
    return slot.fragment
  }

  #decimalsOf(slot: MarketSlot): number | undefined {
    return this.#options.instrument(slot.key)?.priceDecimals
  }

  /** Notes that a record was read, of this instrument. */
  #hear(key: string): MarketSlot | undefined {
    this.#heardMs = this.#options.clock.monotonicMs()
    if (this.#unheard > 0) this.#endSilence()
    const number = this.slotNumber(key)
    const slot = number === undefined ? undefined : this.#slots[number]
    if (slot !== undefined) slot.heardMs = this.#heardMs
    return slot
  }

  #endSilence(): void {
    for (const slot of this.#slots) {
      if (!slot.unheard) continue
      slot.unheard = false
      if (!slot.stale) this.#touch(slot)
    }
    this.#unheard = 0
  }

  /** What clients see of it changed. */
  #touch(slot: MarketSlot): void {
    slot.fragment = undefined
    slot.changedAtTick = this.#tick
  }
}

/** As it came when the instrument is not known. */
function shown(price: number | null, decimals: number | undefined): number | null {
  return price === null || decimals === undefined ? price : shownPrice(price, decimals)
}

function toMarketItem(slot: MarketSlot, decimals: number | undefined): MarketItem | undefined {
  const { snapshot } = slot
  if (snapshot === undefined) return undefined
  return {
    instrumentId: slot.instrumentId,
    bid: shown(snapshot.bid, decimals),
    ask: shown(snapshot.ask, decimals),
    mid: shown(snapshot.mid, decimals),
    eventTimeMs: snapshot.eventTimeMs,
    publishedAtMs: slot.publishedAtMs,
    sequence: snapshot.sequence,
    stale: slot.stale || slot.unheard,
    quality: qualityOf(snapshot.flags),
  }
}

function toMarketSnapshot(
  slot: MarketSlot,
  decimals: number | undefined,
): MarketSnapshot | undefined {
  const item = toMarketItem(slot, decimals)
  const { snapshot } = slot
  if (item === undefined || snapshot === undefined) return undefined
  const { bidSize, askSize, lastPrice, lastSize, dayOpen, dayHigh, dayLow, dayVolume, source } =
    snapshot
  const level = ({ price, size }: DepthLevel): DepthLevel => ({
    price: decimals === undefined ? price : shownPrice(price, decimals),
    size,
  })
  return {
    ...item,
    bidSize,
    askSize,
    lastPrice: shown(lastPrice, decimals),
    lastSize,
    dayOpen: shown(dayOpen, decimals),
    dayHigh: shown(dayHigh, decimals),
    dayLow: shown(dayLow, decimals),
    dayVolume: shownSize(dayVolume),
    bids: snapshot.bids.map(level),
    asks: snapshot.asks.map(level),
    source,
  }
}
