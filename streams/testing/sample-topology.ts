import type { Processor, ProcessorContext, StreamRecord } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { KeyValueStore, KeyValueStoreSpec } from '../store.ts'
import type { Topology, TopologyNode } from '../topology.ts'

/** Small topologies written out by hand, for tests of the runtime that must not depend on the builder. */
export const text: Serde<string> = {
  serialize: (_topic, value) => Buffer.from(value),
  deserialize: (_topic, bytes) => Buffer.from(bytes).toString(),
}

export const wholeNumber: Serde<number> = {
  serialize: (_topic, value) => Buffer.from(String(value)),
  deserialize: (_topic, bytes) => {
    const value = Number(Buffer.from(bytes).toString())
    if (!Number.isSafeInteger(value)) throw new Error('not a whole number')
    return value
  },
}

export const totalsSpec: KeyValueStoreSpec<string, number> = {
  kind: 'key-value',
  name: 'totals',
  keySerde: text,
  valueSerde: wholeNumber,
  logged: true,
  persistent: true,
}

/** Adds values by key and forwards every new total; what kind of state every crash test compares. */
export class SumProcessor implements Processor<string, number, string, number> {
  #context: ProcessorContext<string, number> | undefined
  #totals: KeyValueStore<string, number> | undefined

  init(context: ProcessorContext<string, number>): void {
    this.#context = context
    this.#totals = context.getStateStore<KeyValueStore<string, number>>('totals')
  }

  process(record: StreamRecord<string, number>): void {
    const total = (this.#totals?.get(record.key) ?? 0) + record.value
    this.#totals?.put(record.key, total)
    this.#context?.forward({ ...record, value: total })
  }
}

type NodeOptions<N extends TopologyNode> = Partial<N> & Pick<N, 'name'>

export function source(
  options: NodeOptions<Extract<TopologyNode, { kind: 'source' }>>,
): TopologyNode {
  return {
    kind: 'source',
    parents: [],
    children: [],
    topics: [],
    keySerde: text,
    valueSerde: wholeNumber,
    timestampExtractor: undefined,
    onMissingOffset: 'earliest',
    ...options,
  }
}

export function processor(
  options: NodeOptions<Extract<TopologyNode, { kind: 'processor' }>> &
    Pick<Extract<TopologyNode, { kind: 'processor' }>, 'supplier'>,
): TopologyNode {
  return { kind: 'processor', parents: [], children: [], stores: [], ...options }
}

export function sink(options: NodeOptions<Extract<TopologyNode, { kind: 'sink' }>>): TopologyNode {
  return {
    kind: 'sink',
    parents: [],
    children: [],
    topic: '',
    keySerde: text,
    valueSerde: wholeNumber,
    partitioner: undefined,
    ...options,
  }
}

/** `amounts` -> totals by key -> `totals`. */
export function sumTopology(): Topology {
  const nodes = [
    source({ name: 'amounts', topics: ['amounts'], children: ['sum'] }),
    processor({
      name: 'sum',
      parents: ['amounts'],
      children: ['totals-out'],
      stores: ['totals'],
      supplier: () => new SumProcessor(),
    }),
    sink({ name: 'totals-out', parents: ['sum'], topic: 'totals' }),
  ]
  return {
    name: 'sums',
    subTopologies: [{ id: 0, nodes, sources: ['amounts'], stores: [totalsSpec] }],
    globalStores: [],
    repartitions: [],
  }
}

/** `orders` -> re-keyed by remainder -> repartition -> totals by remainder -> `totals`: two sub-topologies. */
export function repartitionedSumTopology(partitions?: number): Topology {
  const rekey = (): Processor<string, number, string, number> => {
    let context: ProcessorContext<string, number> | undefined
    return {
      init: (given) => {
        context = given
      },
      process: (record) => context?.forward({ ...record, key: `group-${record.value % 7}` }),
    }
  }
  const first = [
    source({ name: 'orders', topics: ['orders'], children: ['rekey'] }),
    processor({
      name: 'rekey',
      parents: ['orders'],
      children: ['by-group-out'],
      supplier: rekey,
    }),
    sink({ name: 'by-group-out', parents: ['rekey'], topic: 'by-group' }),
  ]
  const second = [
    source({ name: 'by-group-in', topics: ['by-group'], children: ['sum'] }),
    processor({
      name: 'sum',
      parents: ['by-group-in'],
      children: ['totals-out'],
      stores: ['totals'],
      supplier: () => new SumProcessor(),
    }),
    sink({ name: 'totals-out', parents: ['sum'], topic: 'totals' }),
  ]
  return {
    name: 'grouped-sums',
    subTopologies: [
      { id: 0, nodes: first, sources: ['orders'], stores: [] },
      { id: 1, nodes: second, sources: ['by-group-in'], stores: [totalsSpec] },
    ],
    globalStores: [],
    repartitions: [{ name: 'by-group', partitions }],
  }
}
