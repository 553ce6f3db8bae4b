import { StreamsError } from '../../../errors.ts'
import type { Serde } from '../../../serde.ts'
import type { KeyValueStoreSpec } from '../../../store.ts'
import type { Materialized } from '../../options.ts'
import type { Scope } from '../../scope.ts'
import { type AnySerdes, asSerde } from '../../serdes-known.ts'
import type { TableNode } from '../../table/table-node.ts'
import { addTableSource } from '../../table/table-source.ts'
import type { TopologyBuilder } from '../../topology-builder.ts'
import { joinForeignRows } from './join-foreign-rows.ts'
import { responseNames, subscriptionNames, TOPIC_SUFFIX } from './join-nodes.ts'
import { joinSubscriptions } from './join-subscriptions.ts'
import { receiveSubscriptions } from './receive-subscriptions.ts'
import { resolveResponses } from './resolve-responses.ts'
import { sendSubscriptions } from './send-subscriptions.ts'
import type { CombinedKey, Subscriber, Subscription, SubscriptionResponse } from './subscription.ts'
import type { ForeignKeyJoinIn } from './table-joined.ts'
import {
  type CombinedKeySerde,
  combinedKeySerde,
  subscriberSerde,
  subscriptionResponseSerde,
  subscriptionSerde,
} from './wire-layouts.ts'

export interface ForeignKeyJoin<K, V, KOther, VOther, R> {
  readonly isLeftJoin: boolean
  readonly left: TableNode<K, V>
  readonly right: TableNode<KOther, VOther>
  readonly foreignKeyOf: (key: K, value: V) => KOther | undefined
  readonly joiner: (value: V, other: VOther | undefined) => R | undefined
  readonly options: ForeignKeyJoinIn<K, V, KOther, VOther, R>
}

/** A join with all that its nodes need to know. */
interface PreparedJoin<K, V, KOther, VOther, R> extends ForeignKeyJoin<K, V, KOther, VOther, R> {
  readonly leftSerdes: TableSerdes<K, V>
  readonly rightSerdes: TableSerdes<KOther, VOther>
  readonly names: ReturnType<typeof subscriptionNames>
  /** Of subscriptions, as the log names it. */
  readonly topicOf: (applicationId: string) => string
  readonly isSameKey: (one: KOther, other: KOther) => boolean
}

/**
 * Left rows subscribe at the partition of their foreign key; rows of the right table are sent back to where their subscribers are, and
 * joined there. Two topics and a store, named and numbered as Kafka Streams does; both tables may have any number of partitions.
 */
export function joinByForeignKey<K, V, KOther, VOther, R>(
  scope: Scope,
  join: ForeignKeyJoin<K, V, KOther, VOther, R>,
): TableNode<K, R> {
  const { left, right, options } = join
  right.enableSendingOldValues(true)
  left.enableSendingOldValues(true)
  const names = subscriptionNames(scope.names, options.as)
  const rightSerdes = serdesOf(right, options.right, 'right')
  const prepared: PreparedJoin<K, V, KOther, VOther, R> = {
    ...join,
    leftSerdes: serdesOf(left, options.left, 'left'),
    rightSerdes,
    names,
    topicOf: (applicationId) => `${applicationId}-${names.topic}-${TOPIC_SUFFIX}`,
    isSameKey: sameBytes(rightSerdes.keySerde, names.topic),
  }
  addSubscriptions(scope.builder, prepared)
  addAnswers(scope.builder, prepared)
  return addResponses(scope, prepared)
}

/** From the left table, by foreign key, to the partitions of the right one. */
function addSubscriptions<K, V, KOther, VOther, R>(
  builder: TopologyBuilder,
  join: PreparedJoin<K, V, KOther, VOther, R>,
): void {
  const { left, right, leftSerdes, names, isLeftJoin, foreignKeyOf, isSameKey, topicOf } = join
  const { topic } = names
  const send = sendSubscriptions<K, V, KOther>({
    isLeftJoin,
    isVersioned: left.isVersioned === true,
    foreignKeyOf,
    isSameKey,
    valueSerde: leftSerdes.valueSerde,
    topicOf,
  })
  const serdes = {
    keySerde: join.rightSerdes.keySerde,
    valueSerde: subscriptionSerde(leftSerdes.keySerde, leftSerdes.valueSerde),
  }
  const partitioner = subscriptionPartitioner<K, KOther>(join.options.otherPartitioner)
  builder.addRepartitionTopic({ name: topic, suffix: TOPIC_SUFFIX, partitions: undefined })
  builder.addProcessor(names.send, send, [left.name])
  builder.addSink(names.sink, { topic, ...serdes, partitioner }, [names.send])
  builder.addSource(names.source, { topics: [topic], ...serdes })
  builder.addCopartition([...right.sources, names.source])
}

/** Beside the right table: subscriptions are kept, and answered with its rows, now and when those change. */
function addAnswers<K, V, KOther, VOther, R>(
  builder: TopologyBuilder,
  join: PreparedJoin<K, V, KOther, VOther, R>,
): void {
  const { right, leftSerdes, rightSerdes, names } = join
  const keySerde = combinedKeySerde(rightSerdes.keySerde, leftSerdes.keySerde)
  const store = subscriptionStore(names.store, keySerde)
  const receive = receiveSubscriptions<KOther, K>(store.name)
  builder.addProcessor(names.receive, receive, [names.source], [store])
  const rows = right.views()
  const answer = joinSubscriptions<K, KOther, VOther>(rows)
  builder.addProcessor(names.joinSubscription, answer, [names.receive], rows.stores)
  const answerAll = joinForeignRows<K, KOther, VOther>({
    storeName: store.name,
    keySerde,
    isVersioned: right.isVersioned === true,
    topicOf: (applicationId) => `${applicationId}-${store.name}-changelog`,
  })
  builder.addProcessor(names.joinForeign, answerAll, [right.name], [store.name])
}

/** Back to the left table, and into a table of results. */
function addResponses<K, V, KOther, VOther, R>(
  scope: Scope,
  join: PreparedJoin<K, V, KOther, VOther, R>,
): TableNode<K, R> {
  const { builder } = scope
  const { left, leftSerdes, rightSerdes, joiner, options } = join
  const { materialized } = options
  const names = responseNames(scope.names, options.as, materialized?.as)
  const { topic } = names
  const { keySerde } = leftSerdes
  const valueSerde = subscriptionResponseSerde(rightSerdes.keySerde, rightSerdes.valueSerde)
  const partitioner = responsePartitioner<K, KOther, VOther>(options.partitioner)
  const answering = [join.names.joinSubscription, join.names.joinForeign]
  const sources = [...new Set([...left.sources, names.source])]
  builder.addRepartitionTopic({ name: topic, suffix: TOPIC_SUFFIX, partitions: undefined })
  builder.addSink(names.sink, { topic, keySerde, valueSerde, partitioner }, answering)
  builder.addSource(names.source, { topics: [topic], keySerde, valueSerde })
  builder.addCopartition(sources)
  const rows = left.views()
  const resolve = resolveResponses<K, V, KOther, VOther, R>({
    ...join,
    rows,
    valueSerde: leftSerdes.valueSerde,
    join: joiner,
  })
  builder.addProcessor(names.resolve, resolve, [names.source], rows.stores)
  return addTableSource(scope, {
    name: names.result,
    parent: names.resolve,
    keySerde: asSerde(materialized?.keySerde) ?? keySerde,
    valueSerde: asSerde(materialized?.valueSerde ?? options.valueSerde),
    sources,
    storeName: names.store,
    keepsRows: materialized?.as !== undefined || materialized?.historyRetentionMs !== undefined,
    // Its serdes were taken out above.
    materialized: (materialized ?? {}) as Materialized<K, R>,
  })
}

/** A left row without a foreign key is answered wherever it goes. */
function subscriptionPartitioner<K, KOther>(
  partitioner: ((foreignKey: KOther, partitionCount: number) => number) | undefined,
) {
  if (partitioner === undefined) return undefined
  return (key: KOther | undefined, { primaryPartition }: Subscription<K>, count: number) =>
    key === undefined ? primaryPartition % count : partitioner(key, count)
}

/** Back to where the left row is, whatever placed it there. */
function responsePartitioner<K, KOther, VOther>(
  partitioner: ((key: K, partitionCount: number) => number) | undefined,
) {
  return (key: K, response: SubscriptionResponse<KOther, VOther>, count: number) =>
    partitioner === undefined ? response.primaryPartition : partitioner(key, count)
}

/** Whether two foreign keys are one, as far as stores and topics can tell. */
function sameBytes<K>(serde: Serde<K>, topic: string): (one: K, other: K) => boolean {
  return (one, other) =>
    Buffer.compare(serde.serialize(topic, one), serde.serialize(topic, other)) === 0
}

function subscriptionStore<KOther, K>(
  name: string,
  keySerde: CombinedKeySerde<KOther, K>,
): KeyValueStoreSpec<CombinedKey<KOther, K>, Subscriber> {
  return {
    kind: 'key-value',
    name,
    keySerde,
    valueSerde: subscriberSerde,
    logged: true,
    persistent: true,
  }
}

interface TableSerdes<K, V> {
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

/** @throws {StreamsError} TOPOLOGY_REPARTITION_WITHOUT_SERDE */
function serdesOf<K, V>(
  table: TableNode<K, V>,
  given: AnySerdes<K, V> | undefined,
  side: 'left' | 'right',
): TableSerdes<K, V> {
  const keySerde = asSerde(given?.keySerde) ?? table.keySerde
  const valueSerde = asSerde(given?.valueSerde) ?? table.valueSerde
  if (keySerde !== undefined && valueSerde !== undefined) return { keySerde, valueSerde }
  throw new StreamsError(
    'TOPOLOGY_REPARTITION_WITHOUT_SERDE',
    `the ${keySerde === undefined ? 'key' : 'value'} serde of the ${side} table is not known`,
    { node: table.name },
    `Give it to the join: { ${side}: { keySerde, valueSerde } }; operators that change a type forget its serde.`,
  )
}
