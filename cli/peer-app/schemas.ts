import { type AvroSchema, fixedIdSerde } from '#avro'
import type { Serde } from '#streams'

/** The tick of the comparison: 500 instruments' quotes, made by its loader. */
export interface PeerTick {
  readonly instrumentId: string
  readonly bid: number
  readonly ask: number
  readonly mid: number
  readonly bidSize: number
  readonly askSize: number
  readonly ts: number
  readonly source: string
  readonly seq: number
  readonly quality: 'GOOD' | 'INDICATIVE' | 'STALE'
}

/** The latest state of an instrument. */
export interface PeerSnapshot {
  readonly instrumentId: string
  readonly bid: number
  readonly ask: number
  readonly mid: number
  readonly count: number
  readonly high: number
  readonly low: number
  readonly sizeSum: number
  readonly midSizeSum: number
  readonly seq: number
  readonly ts: number
}

/** A fill of an order; about one in a hundred comes twice. */
export interface PeerFill {
  readonly fillId: string
  readonly orderId: string
  readonly portfolioId: string
  readonly instrumentId: string
  readonly side: 'BUY' | 'SELL'
  readonly qty: number
  readonly price: number
  readonly ts: number
}

/** A portfolio's position in an instrument at average cost. Doubles, as the comparison's schemas have them. */
export interface PeerPosition {
  readonly portfolioId: string
  readonly instrumentId: string
  readonly qty: number
  readonly avgCost: number
  readonly realisedPnl: number
  readonly fills: number
  readonly fillId: string
  readonly ts: number
}

/** A bar of one minute. */
export interface PeerOhlc {
  readonly instrumentId: string
  readonly windowStart: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly count: number
  readonly seq: number
  readonly ts: number
}

const TICK_ID = 1
const FILL_ID = 2
const SNAPSHOT_ID = 3
const POSITION_ID = 4
const OHLC_ID = 5

const fieldsOf =
  (type: string) =>
  (names: readonly string[]): AvroSchema[] =>
    names.map((name) => ({ name, type }))
const doubles = fieldsOf('double')
const longs = fieldsOf('long')
const strings = fieldsOf('string')

const TICK: AvroSchema = {
  type: 'record',
  name: 'Tick',
  namespace: 'bench.peer.avro',
  fields: [
    { name: 'instrumentId', type: 'string' },
    ...doubles(['bid', 'ask', 'mid', 'bidSize', 'askSize']),
    { name: 'ts', type: 'long' },
    { name: 'source', type: 'string' },
    { name: 'seq', type: 'long' },
    {
      name: 'quality',
      type: { type: 'enum', name: 'Quality', symbols: ['GOOD', 'INDICATIVE', 'STALE'] },
    },
  ],
}

const SNAPSHOT: AvroSchema = {
  type: 'record',
  name: 'Snapshot',
  namespace: 'bench.peer.avro',
  fields: [
    { name: 'instrumentId', type: 'string' },
    ...doubles(['bid', 'ask', 'mid']),
    { name: 'count', type: 'long' },
    ...doubles(['high', 'low', 'sizeSum', 'midSizeSum']),
    { name: 'seq', type: 'long' },
    { name: 'ts', type: 'long' },
  ],
}

const FILL: AvroSchema = {
  type: 'record',
  name: 'Fill',
  namespace: 'bench.peer.avro',
  fields: [
    ...strings(['fillId', 'orderId', 'portfolioId', 'instrumentId']),
    { name: 'side', type: { type: 'enum', name: 'Side', symbols: ['BUY', 'SELL'] } },
    ...doubles(['qty', 'price']),
    { name: 'ts', type: 'long' },
  ],
}

const POSITION: AvroSchema = {
  type: 'record',
  name: 'Position',
  namespace: 'bench.peer.avro',
  fields: [
    ...strings(['portfolioId', 'instrumentId']),
    ...doubles(['qty', 'avgCost', 'realisedPnl']),
    { name: 'fills', type: 'long' },
    { name: 'fillId', type: 'string' },
    { name: 'ts', type: 'long' },
  ],
}

const OHLC: AvroSchema = {
  type: 'record',
  name: 'Ohlc',
  namespace: 'bench.peer.avro',
  fields: [
    { name: 'instrumentId', type: 'string' },
    { name: 'windowStart', type: 'long' },
    ...doubles(['open', 'high', 'low', 'close']),
    ...longs(['count', 'seq', 'ts']),
  ],
}

export const peerTickSerde = (): Serde<PeerTick> => fixedIdSerde(TICK, TICK_ID)
export const peerSnapshotSerde = (): Serde<PeerSnapshot> => fixedIdSerde(SNAPSHOT, SNAPSHOT_ID)
export const peerFillSerde = (): Serde<PeerFill> => fixedIdSerde(FILL, FILL_ID)
export const peerPositionSerde = (): Serde<PeerPosition> => fixedIdSerde(POSITION, POSITION_ID)
export const peerOhlcSerde = (): Serde<PeerOhlc> => fixedIdSerde(OHLC, OHLC_ID)
