import type { Serde } from '../../serde.ts'
import type { TableResult } from '../options.ts'
import { storeWithoutSerde } from '../table/table-source.ts'
import type { EmitStrategy } from './emit-strategy.ts'
import type { WindowedPartsOptions } from './window-nodes.ts'
import { OldValues } from './windowed-table.ts'

export interface WindowedResult<K, A> {
  readonly storeName: string
  readonly options: TableResult<K, A>
  readonly emit: EmitStrategy
  readonly isPart: boolean
  /** Where the options do not say. */
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<A> | undefined
}

/** @throws {StreamsError} TOPOLOGY_STORE_WITHOUT_SERDE */
export function windowedPartsOptions<K, A>(
  result: WindowedResult<K, A>,
): WindowedPartsOptions<K, A> {
  const { storeName: name, emit, isPart } = result
  const { materialized = {} } = result.options
  const keySerde = materialized.keySerde ?? result.keySerde
  const valueSerde = materialized.valueSerde ?? result.valueSerde
  if (keySerde === undefined) throw storeWithoutSerde(name, 'key')
  if (valueSerde === undefined) throw storeWithoutSerde(name, 'value')
  const oldValues = new OldValues()
  return { name, keySerde, valueSerde, materialized, emit, oldValues, isPart }
}
