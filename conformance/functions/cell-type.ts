import { longSerde, type Serde, StreamsError, stringSerde } from '#streams'
import type { Literal } from '../grammar/functions.ts'
import type { Present, Scalar } from './cell.ts'

/** The declared type of a node's keys or values; `windowed:` marks keys of windowed results. */
export type ScalarType = 'string' | 'long'
export type CellType = ScalarType | `windowed:${ScalarType}`

export function typeOfLiteral(literal: Literal): ScalarType {
  return typeof literal === 'number' ? 'long' : 'string'
}

export function isWindowed(type: CellType): type is `windowed:${ScalarType}` {
  return type.startsWith('windowed:')
}

export function windowedType(type: CellType): CellType {
  if (isWindowed(type)) throw mismatch('a windowed key cannot be windowed again')
  return `windowed:${type}`
}

export function innerType(type: CellType): ScalarType {
  if (!isWindowed(type)) return type
  return type === 'windowed:long' ? 'long' : 'string'
}

/** Serdes of declared types. They hold the loosely typed cells of the interpreter to the type that the case gives them. */
export function serdeOf(type: CellType): Serde<Present> {
  return SERDES[type]
}

export function serdesOf(types: { readonly key: CellType; readonly value: CellType }): {
  readonly keySerde: Serde<Present>
  readonly valueSerde: Serde<Present>
} {
  return { keySerde: serdeOf(types.key), valueSerde: serdeOf(types.value) }
}

function scalarSerde<T extends Scalar>(
  typeName: 'string' | 'number',
  serde: Serde<T>,
): Serde<Present> {
  return {
    serialize(topic, cell) {
      if (!isOfType<T>(cell, typeName)) throw mismatch(`${JSON.stringify(cell)} is no ${typeName}`)
      return serde.serialize(topic, cell)
    },
    deserialize: (topic, bytes) => serde.deserialize(topic, bytes),
  }
}

function isOfType<T extends Scalar>(cell: Present, typeName: 'string' | 'number'): cell is T {
  return typeof cell === typeName
}

const WINDOW_BYTES = 16

/** The key's bytes, then start and end of the window: as wide as the oracle's, so that stores scan in its order. */
function windowedSerde(inner: Serde<Present>): Serde<Present> {
  return {
    serialize(topic, cell) {
      if (typeof cell !== 'object') throw mismatch(`${JSON.stringify(cell)} is no windowed key`)
      if (cell.key === undefined) throw mismatch('a windowed key has no key')
      const key = inner.serialize(topic, cell.key)
      const bytes = Buffer.alloc(key.length + WINDOW_BYTES)
      bytes.set(key)
      bytes.writeBigInt64BE(BigInt(cell.startMs), key.length)
      bytes.writeBigInt64BE(BigInt(cell.endMs), key.length + 8)
      return bytes
    },
    deserialize(topic, bytes) {
      const keyLength = bytes.length - WINDOW_BYTES
      const key = inner.deserialize(topic, bytes.subarray(0, keyLength))
      const window = Buffer.from(bytes.buffer, bytes.byteOffset + keyLength, WINDOW_BYTES)
      const startMs = Number(window.readBigInt64BE(0))
      return { key, startMs, endMs: Number(window.readBigInt64BE(8)) }
    },
  }
}

const stringCells = scalarSerde('string', stringSerde)
const longCells = scalarSerde('number', longSerde)

const SERDES: Readonly<Record<CellType, Serde<Present>>> = {
  string: stringCells,
  long: longCells,
  'windowed:string': windowedSerde(stringCells),
  'windowed:long': windowedSerde(longCells),
}

function mismatch(what: string): StreamsError {
  const remedy = 'Declare the type that the records of the case have.'
  return new StreamsError('CONFORMANCE_TYPE_MISMATCH', what, {}, remedy)
}
