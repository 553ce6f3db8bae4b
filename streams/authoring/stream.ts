import type { ProcessorSupplier } from '../processor.ts'
import { groupBy, groupByKey } from './aggregate/group-stream.ts'
import type { KGroupedStream } from './aggregate/grouped-stream.ts'
import { BranchedKStream } from './branches.ts'
import { fixedKey } from './fixed-key.ts'
import { addJoin, type JoinCall } from './joins/join-call.ts'
import type { StreamJoinArguments, TableJoinArguments } from './joins/join-options.ts'
import type { Joiner, LeftJoiner, OuterJoiner, RowKeyMapper } from './joins/joiners.ts'
import {
  endRecords,
  filterValues,
  flatMapRecords,
  flatMapRecordValues,
  mapRecords,
  mapRecordValues,
  passRecords,
  peekRecords,
  selectRecordKey,
} from './operators.ts'
import type {
  KeySerdeGiven,
  Named,
  NoSerdes,
  ProducedOptions,
  Repartitioned,
  SerdesGiven,
  SinkTopic,
  TableResult,
  ValueSerdeGiven,
} from './options.ts'
import { type PrintOptions, printRecords } from './print.ts'
import { addProcess, type ProcessOptions } from './process.ts'
import { addRepartition } from './repartition.ts'
import type { Scope } from './scope.ts'
import {
  type AnySerdes,
  asSerde,
  type SerdeArguments,
  type SerdesKnown,
  type TypesKnown,
} from './serdes-known.ts'
import { addSink, type SinkDestination, type TopicChooser } from './sink.ts'
import type { StreamNode } from './stream-node.ts'
import type { GlobalKTable } from './table/global-table.ts'
import type { KTable } from './table/table.ts'
import { tableOf } from './table/to-table.ts'
import type { JoinWindows } from './windows/windows.ts'

/**
 * Records as they come. Operators add a node and return what flows out of it; nothing runs until the built topology is given to a
 * worker or a test driver. Callbacks are synchronous, pure and deterministic.
 *
 * The third parameter says which serdes are known: operators that change a type forget its serde, unless they are told the new one.
 */
export class KStream<K, V, S extends SerdesKnown = never> {
  declare readonly '~types'?: TypesKnown<K, V, S>
  readonly #scope: Scope
  readonly #node: StreamNode<K, V>

  constructor(scope: Scope, node: StreamNode<K, V>) {
    this.#scope = scope
    this.#node = node
  }

  /** @internal */
  get scope(): Scope {
    return this.#scope
  }

  /** @internal */
  get node(): StreamNode<K, V> {
    return this.#node
  }

  /** Name of the node that these records come out of. */
  get name(): string {
    return this.#node.name
  }

  /** True after an operator that may change the key: equal keys may be on different partitions until `repartition`. */
  get repartitionRequired(): boolean {
    return this.#node.repartitionRequired
  }

  filter<V2 extends V>(
    accepts: (key: K, value: V) => value is V2,
    options?: Named,
  ): KStream<K, V2, S>
  filter(accepts: (key: K, value: V) => boolean, options?: Named): KStream<K, V, S>
  filter(accepts: (key: K, value: V) => boolean, options: Named = {}): KStream<K, V, S> {
    const name = this.#add(options.as, 'KSTREAM-FILTER-', filterValues(accepts))
    return new KStream(this.#scope, { ...this.#node, name })
  }

  filterNot<V2 extends V>(
    refuses: (key: K, value: V) => value is V2,
    options?: Named,
  ): KStream<K, Exclude<V, V2>, S>
  filterNot(refuses: (key: K, value: V) => boolean, options?: Named): KStream<K, V, S>
  filterNot(refuses: (key: K, value: V) => boolean, options: Named = {}): unknown {
    const accepts = (key: K, value: V) => !refuses(key, value)
    const name = this.#add(options.as, 'KSTREAM-FILTER-', filterValues(accepts))
    return new KStream(this.#scope, { ...this.#node, name })
  }

  map<K2, V2>(
    mapper: (key: K, value: V) => readonly [K2, V2],
    options: SerdesGiven<K2, V2>,
  ): KStream<K2, V2, SerdesKnown>
  map<K2, V2>(mapper: (key: K, value: V) => readonly [K2, V2], options?: NoSerdes): KStream<K2, V2>
  map<K2, V2>(
    mapper: (key: K, value: V) => readonly [K2, V2],
    options: Named & AnySerdes<K2, V2> = {},
  ): KStream<K2, V2> {
    return this.#rekeyed(this.#add(options.as, 'KSTREAM-MAP-', mapRecords(mapper)), options)
  }

  mapValues<V2>(
    mapper: (value: V, key: K) => V2,
    options: ValueSerdeGiven<V2>,
  ): KStream<K, V2, Extract<S, 'key'> | 'value'>
  mapValues<V2>(
    mapper: (value: V, key: K) => V2,
    options?: NoSerdes,
  ): KStream<K, V2, Extract<S, 'key'>>
  mapValues<V2>(
    mapper: (value: V, key: K) => V2,
    options: Named & AnySerdes<K, V2> = {},
  ): KStream<K, V2> {
    const name = this.#add(options.as, 'KSTREAM-MAPVALUES-', mapRecordValues(mapper))
    return this.#revalued(name, options)
  }

  flatMap<K2, V2>(
    mapper: (key: K, value: V) => Iterable<readonly [K2, V2]>,
    options: SerdesGiven<K2, V2>,
  ): KStream<K2, V2, SerdesKnown>
  flatMap<K2, V2>(
    mapper: (key: K, value: V) => Iterable<readonly [K2, V2]>,
    options?: NoSerdes,
  ): KStream<K2, V2>
  flatMap<K2, V2>(
    mapper: (key: K, value: V) => Iterable<readonly [K2, V2]>,
    options: Named & AnySerdes<K2, V2> = {},
  ): KStream<K2, V2> {
    return this.#rekeyed(this.#add(options.as, 'KSTREAM-FLATMAP-', flatMapRecords(mapper)), options)
  }

  flatMapValues<V2>(
    mapper: (value: V, key: K) => Iterable<V2>,
    options: ValueSerdeGiven<V2>,
  ): KStream<K, V2, Extract<S, 'key'> | 'value'>
  flatMapValues<V2>(
    mapper: (value: V, key: K) => Iterable<V2>,
    options?: NoSerdes,
  ): KStream<K, V2, Extract<S, 'key'>>
  flatMapValues<V2>(
    mapper: (value: V, key: K) => Iterable<V2>,
    options: Named & AnySerdes<K, V2> = {},
  ): KStream<K, V2> {
    const supplier = flatMapRecordValues(mapper)
    return this.#revalued(this.#add(options.as, 'KSTREAM-FLATMAPVALUES-', supplier), options)
  }

  selectKey<K2>(
    selector: (key: K, value: V) => K2,
    options: KeySerdeGiven<K2>,
  ): KStream<K2, V, 'key' | Extract<S, 'value'>>
  selectKey<K2>(
    selector: (key: K, value: V) => K2,
    options?: NoSerdes,
  ): KStream<K2, V, Extract<S, 'value'>>
  selectKey<K2>(
    selector: (key: K, value: V) => K2,
    options: Named & AnySerdes<K2, V> = {},
  ): KStream<K2, V> {
    const name = this.#add(options.as, 'KSTREAM-KEY-SELECT-', selectRecordKey(selector))
    const { valueSerde } = this.#node
    return this.#rekeyed(name, { keySerde: options.keySerde, valueSerde })
  }

  /** A look at each record, for metrics or logs; not for effects that must happen exactly once. */
  peek(action: (key: K, value: V) => void, options: Named = {}): KStream<K, V, S> {
    const name = this.#add(options.as, 'KSTREAM-PEEK-', peekRecords(action))
    return new KStream(this.#scope, { ...this.#node, name })
  }

  /** As `peek`, and the stream ends here. */
  forEach(action: (key: K, value: V) => void, options: Named = {}): void {
    this.#add(options.as, 'KSTREAM-FOREACH-', endRecords(action))
  }

  /** `[label]: key, value` for each record, to whom you say; the stream ends here. */
  print(options: PrintOptions<K, V>): void {
    const label = options.label ?? this.name
    this.#add(options.as, 'KSTREAM-PRINTER-', printRecords(label, options))
  }

  /** Records of both, interleaved as they come. A serde is known when both know one. */
  merge<S2 extends SerdesKnown>(other: KStream<K, V, S2>, options?: Named): KStream<K, V, S & S2>
  merge<V2, S2 extends SerdesKnown>(
    other: KStream<K, V2, S2>,
    options?: Named,
  ): KStream<K, V | V2, Extract<S & S2, 'key'>>
  merge(other: KStream<K, V>, options: Named = {}): KStream<K, V> {
    const name = this.#scope.names.node(options.as, 'KSTREAM-MERGE-')
    this.#scope.builder.addProcessor(name, passRecords(), [this.name, other.name])
    const [left, right] = [this.#node, other.#node]
    return new KStream<K, V>(this.#scope, {
      name,
      keySerde: right.keySerde && left.keySerde,
      valueSerde: right.valueSerde && left.valueSerde,
      repartitionRequired: left.repartitionRequired || right.repartitionRequired,
      sources: [...new Set([...left.sources, ...right.sources])],
    })
  }

  /** Each record goes to the first branch that accepts it. */
  split(options: Named = {}): BranchedKStream<K, V, V, S> {
    const streamOf = (name: string) => new KStream<K, V, S>(this.#scope, { ...this.#node, name })
    return new BranchedKStream(this.#scope, { of: this.name, as: options.as, streamOf })
  }

  /** Through an internal topic, so that equal keys meet on one partition again. */
  repartition(...options: SerdeArguments<K, V, S, Repartitioned<K, V>>): KStream<K, V, SerdesKnown>
  repartition(options: Repartitioned<K, V> & AnySerdes<K, V> = {}): KStream<K, V, SerdesKnown> {
    return new KStream(this.#scope, addRepartition(this.#scope, this.#node, options))
  }

  /** The latest value of each key; a record without a value deletes. In a store when it is named, or when an operator below needs the rows. */
  toTable(
    ...options: SerdeArguments<K, V, S, TableResult<K, Exclude<V, undefined>>>
  ): KTable<K, Exclude<V, undefined>, SerdesKnown>
  toTable(
    options: TableResult<K, Exclude<V, undefined>> & AnySerdes<K, V> = {},
  ): KTable<K, Exclude<V, undefined>, SerdesKnown> {
    return this.#scope.newTable(tableOf(this.#scope, this.#node, options))
  }

  /** Records by the key that they have, to be aggregated. `as` names the repartition, should one be needed. */
  groupByKey(...options: SerdeArguments<K, V, S, Named>): KGroupedStream<K, Exclude<V, undefined>>
  groupByKey(options: Named & AnySerdes<K, V> = {}): KGroupedStream<K, Exclude<V, undefined>> {
    return groupByKey(this.#scope, this.#node, options)
  }

  /** Records by another key, to be aggregated; always behind a repartition, which `as` names. */
  groupBy<K2>(
    selector: (key: K, value: V) => K2 | undefined,
    ...options: SerdeArguments<K2, V, Extract<S, 'value'>, Named>
  ): KGroupedStream<K2, Exclude<V, undefined>>
  groupBy<K2>(
    selector: (key: K, value: V) => K2 | undefined,
    options: Named & AnySerdes<K2, V> = {},
  ): KGroupedStream<K2, Exclude<V, undefined>> {
    return groupBy(this.#scope, this.#node, selector, options)
  }

  /**
   * Pairs of records of both streams with equal keys, whose times are close enough: in the time of the later one. Both streams are kept for as
   * long as the windows and their grace ask for. Records without key or value are dropped.
   */
  join<VOther, VOut, SOther extends SerdesKnown>(
    other: KStream<K, VOther, SOther>,
    joiner: Joiner<K, V, VOther, VOut>,
    windows: JoinWindows,
    ...joined: StreamJoinArguments<K, V, VOther, S, SOther>
  ): KStream<K, VOut, 'key'>
  /** Each record with the row of its key that the table holds at that moment; of a versioned table, the row that held at the record's time. */
  join<VTable, VOut, STable extends SerdesKnown>(
    table: KTable<K, VTable, STable>,
    joiner: Joiner<K, V, VTable, VOut>,
    ...joined: TableJoinArguments<K, V, S>
  ): KStream<K, VOut, 'key'>
  /** Each record with the row of a key that is made out of it. The stream's own key stays. */
  join<KRow, VTable, VOut>(
    table: GlobalKTable<KRow, VTable>,
    rowKey: RowKeyMapper<K, V, KRow>,
    joiner: Joiner<K, V, VTable, VOut>,
    options?: Named,
  ): KStream<K, VOut, Extract<S, 'key'>>
  join(...call: JoinCall): KStream<K, unknown> {
    return new KStream(this.#scope, addJoin(this.#scope, this.#node, 'inner', call))
  }

  /**
   * As `join`, and each record of this stream that found no partner comes out alone: once stream time passes its window and grace, in its own
   * time. One that is late for that, or has no key, comes out at once.
   */
  leftJoin<VOther, VOut, SOther extends SerdesKnown>(
    other: KStream<K, VOther, SOther>,
    joiner: LeftJoiner<K, V, VOther, VOut>,
    windows: JoinWindows,
    ...joined: StreamJoinArguments<K, V, VOther, S, SOther>
  ): KStream<K, VOut, 'key'>
  /** As `join`; a record without a row, or without a key, comes out alone. */
  leftJoin<VTable, VOut, STable extends SerdesKnown>(
    table: KTable<K, VTable, STable>,
    joiner: LeftJoiner<K, V, VTable, VOut>,
    ...joined: TableJoinArguments<K, V, S>
  ): KStream<K, VOut, 'key'>
  leftJoin<KRow, VTable, VOut>(
    table: GlobalKTable<KRow, VTable>,
    rowKey: RowKeyMapper<K, V, KRow>,
    joiner: LeftJoiner<K, V, VTable, VOut>,
    options?: Named,
  ): KStream<K, VOut, Extract<S, 'key'>>
  leftJoin(...call: JoinCall): KStream<K, unknown> {
    return new KStream(this.#scope, addJoin(this.#scope, this.#node, 'left', call))
  }

  /** As `leftJoin` of streams, for the records of both. */
  outerJoin<VOther, VOut, SOther extends SerdesKnown>(
    other: KStream<K, VOther, SOther>,
    joiner: OuterJoiner<K, V, VOther, VOut>,
    windows: JoinWindows,
    ...joined: StreamJoinArguments<K, V, VOther, S, SOther>
  ): KStream<K, VOut, 'key'>
  outerJoin(...call: JoinCall): KStream<K, unknown> {
    return new KStream(this.#scope, addJoin(this.#scope, this.#node, 'outer', call))
  }

  /** To a declared topic, which brings its serdes. */
  to(topic: SinkTopic<K, V>, options?: ProducedOptions<K, V>): void
  /** To a topic by name, or to one chosen per record. Serdes come from `Produced`, else from the stream, if it still has them. */
  to(
    topic: string | TopicChooser<K, V>,
    ...produced: SerdeArguments<K, V, S, ProducedOptions<K, V>>
  ): void
  to(topic: SinkDestination<K, V>, produced: ProducedOptions<K, V> & AnySerdes<K, V> = {}): void {
    addSink(this.#scope, this.#node, topic, produced)
  }

  /** A processor of your own. It may change the key; where it does not, `processValues` keeps what is known of it. */
  process<KOut, VOut>(
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    options: ProcessOptions & SerdesGiven<KOut, VOut>,
  ): KStream<KOut, VOut, SerdesKnown>
  process<KOut, VOut>(
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    options?: ProcessOptions & NoSerdes,
  ): KStream<KOut, VOut>
  process<KOut, VOut>(
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    options: ProcessOptions & AnySerdes<KOut, VOut> = {},
  ): KStream<KOut, VOut> {
    return this.#rekeyed(
      addProcess(this.#scope, this.#node, 'KSTREAM-PROCESSOR-', supplier, options),
      options,
    )
  }

  /** As `process`, for a processor that hands on the key it got. Handing on another one throws TOPOLOGY_KEY_CHANGED. */
  processValues<VOut>(
    supplier: ProcessorSupplier<K, V, K, VOut>,
    options: ProcessOptions & ValueSerdeGiven<VOut>,
  ): KStream<K, VOut, Extract<S, 'key'> | 'value'>
  processValues<VOut>(
    supplier: ProcessorSupplier<K, V, K, VOut>,
    options?: ProcessOptions & NoSerdes,
  ): KStream<K, VOut, Extract<S, 'key'>>
  processValues<VOut>(
    supplier: ProcessorSupplier<K, V, K, VOut>,
    options: ProcessOptions & AnySerdes<K, VOut> = {},
  ): KStream<K, VOut> {
    const name = addProcess(
      this.#scope,
      this.#node,
      'KSTREAM-PROCESSVALUES-',
      fixedKey(supplier),
      options,
    )
    return this.#revalued(name, options)
  }

  #add<KOut, VOut>(
    as: string | undefined,
    prefix: string,
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
  ): string {
    const name = this.#scope.names.node(as, prefix)
    this.#scope.builder.addProcessor(name, supplier, [this.name])
    return name
  }

  #rekeyed<K2, V2>(name: string, serdes: AnySerdes<K2, V2>): KStream<K2, V2> {
    return new KStream<K2, V2>(this.#scope, {
      name,
      keySerde: asSerde(serdes.keySerde),
      valueSerde: asSerde(serdes.valueSerde),
      repartitionRequired: true,
      sources: this.#node.sources,
    })
  }

  #revalued<V2>(name: string, serdes: AnySerdes<K, V2>): KStream<K, V2> {
    const valueSerde = asSerde(serdes.valueSerde)
    return new KStream<K, V2>(this.#scope, { ...this.#node, name, valueSerde })
  }
}
