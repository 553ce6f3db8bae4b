import {
  type GlobalKTable,
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type KTable,
  type SerdesKnown,
  StreamsBuilder,
  StreamsError,
  type WindowedKey,
} from '#streams'
import type { Cell, Present } from '../functions/cell.ts'
import { type CellType, isWindowed, serdesOf } from '../functions/cell-type.ts'

export interface Types {
  readonly key: CellType
  readonly value: CellType
}

/** To the compiler no serde of a stream is known: as the oracle does, every operator that may need one is given it. */
export type CaseStream = KStream<Cell, Cell>
export type CaseTable = KTable<Cell, Cell, SerdesKnown>

type WindowedTable = KTable<WindowedKey<Cell>, Cell, SerdesKnown>

export type StreamResult = Types & { readonly kind: 'stream'; readonly stream: CaseStream }
export type TableResult = Types & { readonly kind: 'table'; readonly table: CaseTable }
export type GlobalTableResult = Types & {
  readonly kind: 'globalTable'
  readonly table: GlobalKTable<Cell, Cell>
}
export type StreamGroup = Types & {
  readonly kind: 'streamGroup'
  readonly group: KGroupedStream<Cell, Present>
}
export type TableGroup = Types & {
  readonly kind: 'tableGroup'
  readonly group: KGroupedTable<Cell, Cell>
}

/** A named intermediate result with the types of its keys and values. */
export type Result = StreamResult | TableResult | GlobalTableResult | StreamGroup | TableGroup

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

  /** The store of a result: with serdes always, under a name where the case gives one, which it may look into then. */
  materialized(name: string | undefined, types: StoreTypes) {
    if (name === undefined) return serdesOf(types)
    this.stores.set(name, types)
    return { ...serdesOf(types), as: name }
  }

  get resultCount(): number {
    return this.#results.size
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

  streamGroup(name: string): StreamGroup {
    const found = this.result(name)
    if (found.kind !== 'streamGroup') throw wrongKind(name, found.kind, 'streamGroup')
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

/**
 * Windows and numbers are cells, too; to the compiler a table of some keys and values is not one of more, and cases choose theirs at run
 * time. Serdes hold them to their types.
 */
export function tableOfCells<K extends Cell, V extends Cell>(
  table: KTable<K, V, SerdesKnown>,
): CaseTable {
  return table as unknown as CaseTable
}

export function tableOfWindows({ key, table }: TableResult): WindowedTable {
  if (!isWindowed(key)) throw invalidCase('only a windowed table has windows that close')
  return table as unknown as WindowedTable
}
