import type { MarketSnapshotUpdated, SnapshotsEnvelope, StatusEnvelope } from '#avro'
import type { Clock } from '#streams'
import type { MarketItem, MarketSnapshot } from '../protocol.ts'
import { qualityOf } from './quality.ts'

/** One instrument's latest state. `changedAtTick` is the tick of the coalescer that has to send it. */
export interface MarketSlot {
  readonly key: string
  readonly instrumentId: string
  snapshot: MarketSnapshotUpdated | undefined
  stale: boolean
  publishedAtMs: number
  changedAtTick: number
  /** JSON of the market item as it was at `encodedAtTick`. */
  fragment: Buffer | undefined
}

/**
 * Latest snapshot and stale flag per `tenantId|instrumentId`. Changes are stamped with the tick that is to send them, so that "changed
 * since tick n" is one comparison, for any number of readers with any lag. Slots are numbered and never renumbered. At most
 * `instrumentsMax`; what comes then is counted and left out.
 */
export class MarketView {
  readonly #clock: Clock
  readonly #instrumentsMax: number
  readonly #slotByKey = new Map<string, number>()
  readonly #slots: MarketSlot[] = []
  #tick = 1
  #leftOut = 0

  constructor(clock: Clock, instrumentsMax: number) {
    this.#clock = clock
    this.#instrumentsMax = instrumentsMax
  }

  get size(): number {
    return this.#slots.length
  }

  get leftOut(): number {
    return this.#leftOut
  }

  applySnapshot(key: string, event: SnapshotsEnvelope | undefined): void {
    const slot = this.#slotFor(key)
    if (slot === undefined) return
    slot.snapshot = event?.payload
    slot.publishedAtMs = this.#clock.nowMs()
    slot.fragment = undefined
    slot.changedAtTick = this.#tick
  }

  applyStatus(key: string, event: StatusEnvelope | undefined): void {
    const slot = this.#slotFor(key)
    if (slot === undefined) return
    const stale = event?.eventType === 'MarketDataStaleDetected'
    if (slot.stale === stale) return
    slot.stale = stale
    slot.publishedAtMs = this.#clock.nowMs()
    slot.fragment = undefined
    slot.changedAtTick = this.#tick
  }

  /** Number of an instrument's slot, made if there is none yet; undefined when the view is full. */
  slotNumber(key: string): number | undefined {
    const known = this.#slotByKey.get(key)
    if (known !== undefined) return known
    if (this.#slots.length >= this.#instrumentsMax) {
      this.#leftOut += 1
      return undefined
    }
    const number = this.#slots.length
    this.#slots.push({
      key,
      instrumentId: key.slice(key.indexOf('|') + 1),
      snapshot: undefined,
      stale: false,
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
    return number === undefined ? undefined : toMarketSnapshot(this.slot(number))
  }

  #slotFor(key: string): MarketSlot | undefined {
    const number = this.slotNumber(key)
    return number === undefined ? undefined : this.#slots[number]
  }
}

/** JSON of a slot's market item, encoded once per change; undefined while there is no price. */
export function fragmentOf(slot: MarketSlot): Buffer | undefined {
  if (slot.fragment === undefined) {
    const item = toMarketItem(slot)
    if (item === undefined) return undefined
    slot.fragment = Buffer.from(JSON.stringify(item))
  }
  return slot.fragment
}

function toMarketItem(slot: MarketSlot): MarketItem | undefined {
  const { snapshot } = slot
  if (snapshot === undefined) return undefined
  return {
    instrumentId: slot.instrumentId,
    bid: snapshot.bid,
    ask: snapshot.ask,
    mid: snapshot.mid,
    eventTimeMs: snapshot.eventTimeMs,
    publishedAtMs: slot.publishedAtMs,
    sequence: snapshot.sequence,
    stale: slot.stale,
    quality: qualityOf(snapshot.flags),
  }
}

function toMarketSnapshot(slot: MarketSlot): MarketSnapshot | undefined {
  const item = toMarketItem(slot)
  const { snapshot } = slot
  if (item === undefined || snapshot === undefined) return undefined
  const { bidSize, askSize, lastPrice, lastSize, dayOpen, dayHigh, dayLow, dayVolume, source } =
    snapshot
  const { bids, asks } = snapshot
  return {
    ...item,
    bidSize,
    askSize,
    lastPrice,
    lastSize,
    dayOpen,
    dayHigh,
    dayLow,
    dayVolume,
    bids,
    asks,
    source,
  }
}
