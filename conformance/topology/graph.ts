import {
  type GlobalKTable,
  type KStream,
  type KTable,
  StreamsBuilder,
  StreamsError,
} from '#streams'
import type { Cell, Present } from '../functions/cell.ts'
import type { CellType } from '../functions/cell-type.ts'

export interface Types {
  readonly key: CellType
  readonly value: CellType
}

/** Every operator is told the serdes of what it makes, so that they are always known. */
type Serdes = 'key' | 'value'
export type CaseStream = KStream<Cell, Cell, Serdes>
export type CaseTable = KTable<Cell, Present>

export type StreamResult = Types & { readonly kind: 'stream'; readonly stream: CaseStream }
export type TableResult = Types & { readonly kind: 'table'; readonly table: CaseTable }
export type GlobalTableResult = Types & {
  readonly kind: 'globalTable'
  readonly table: GlobalKTable<Cell, Present>
}

/** A named intermediate result with the types of its keys and values. */
export type Result = StreamResult | TableResult | GlobalTableResult

/** A store that a case may look into. */
export type StoreKind = 'keyValue' | 'window' | 'session' | 'versioned'
export type StoreTypes = Types & { readonly kind: StoreKind }

/** The topology of a case while it grows: the builder, and what the case has named so far. */
export class Graph {
  readonly builder = new StreamsBuilder()
  readonly inputs = new Map<string, Types>()
  readonly outputs = new Map<string, Types>()
  readonly stores = new Map<string, StoreTypes>()
  readonly #results = new Map<string, Result>()

  add(name: string, result: Result): void {
    if (this.#results.has(name)) throw invalidCase(`the name ${name} is used twice`)
    this.#results.set(name, result)
  }

  /** Remembers a store that the case has named. */
  addStore(name: string | undefined, types: StoreTypes): void {
    if (name !== undefined) this.stores.set(name, types)
  }

  result(name: string): Result {
    const found = this.#results.get(name)
    if (found === undefined) throw invalidCase(`there is no ${name} to read from`)
    return found
  }

  stream(name: string): StreamResult {
    const found = this.result(name)
    if (found.kind !== 'stream') throw wrongKind(name, found.kind, 'stream')
    return found
  }

  table(name: string): TableResult {
    const found = this.result(name)
    if (found.kind !== 'table') throw wrongKind(name, found.kind, 'table')
    return found
  }

  globalTable(name: string): GlobalTableResult {
    const found = this.result(name)
    if (found.kind !== 'globalTable') throw wrongKind(name, found.kind, 'globalTable')
    return found
  }
}

export function requireSameType(left: CellType, right: CellType): void {
  if (left !== right) throw invalidCase(`types differ: ${left} and ${right}`)
}

export function wrongKind(name: string, is: string, wanted: string): StreamsError {
  return invalidCase(`${name} is a ${is}, not a ${wanted}`)
}

export function invalidCase(what: string): StreamsError {
  const remedy = 'Correct the case: the grammar allows it and its topology cannot be built.'
  return new StreamsError('CONFORMANCE_CASE_INVALID', what, {}, remedy)
}

/** The operator is in the grammar, and not on the API yet. */
export function notThere(operator: string): StreamsError {
  const remedy = 'It has to be added to the API, and wired here.'
  return new StreamsError(
    'CONFORMANCE_OPERATOR_MISSING',
    `${operator} is not there yet`,
    {},
    remedy,
  )
}
