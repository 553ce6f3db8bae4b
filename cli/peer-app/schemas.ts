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

const TICK_ID = 1
const SNAPSHOT_ID = 3

const doubles = (names: readonly string[]): AvroSchema[] =>
  names.map((name) => ({ name, type: 'double' }))

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

export const peerTickSerde = (): Serde<PeerTick> => fixedIdSerde(TICK, TICK_ID)
export const peerSnapshotSerde = (): Serde<PeerSnapshot> => fixedIdSerde(SNAPSHOT, SNAPSHOT_ID)
