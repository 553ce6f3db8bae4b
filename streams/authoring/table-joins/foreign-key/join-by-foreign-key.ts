import { StreamsError } from '../../../errors.ts'
import type { Serde } from '../../../serde.ts'
import type { KeyValueStoreSpec } from '../../../store.ts'
import type { Materialized } from '../../options.ts'
import type { Scope } from '../../scope.ts'
import { type AnySerdes, asSerde } from '../../serdes-known.ts'
import type { TableNode } from '../../table/table-node.ts'
import { addTableSource } from '../../table/table-source.ts'
import { joinForeignRows } from './join-foreign-rows.ts'
import { joinSubscriptions } from './join-subscriptions.ts'
import { receiveSubscriptions } from './receive-subscriptions.ts'
import { resolveResponses } from './resolve-responses.ts'
import { sendSubscriptions } from './send-subscriptions.ts'
import type { CombinedKey, Subscriber, SubscriptionResponse } from './subscription.ts'
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

/**
 * Left rows subscribe at the partition of their foreign key; rows of the right table are sent back to where their subscribers are, and
 * joined there. Two topics and a store, named and numbered as Kafka Streams does; both tables may have any number of partitions.
 */
export function joinByForeignKey<K, V, KOther, VOther, R>(
  scope: Scope,
  join: ForeignKeyJoin<K, V, KOther, VOther, R>,
): TableNode<K, R> {
  const subscriptions = addSubscriptions(scope, join)
  return addResponses(scope, join, subscriptions)
}

interface SubscriptionNodes {
  /** The nodes that answers come from, of subscriptions and of changed right rows. */
  readonly answering: readonly string[]
  readonly topicOf: (applicationId: string) => string
}

const PREFIX = 'KTABLE-FK-JOIN-'
const TOPIC_SUFFIX = 'topic'

function addSubscriptions<K, V, KOther, VOther, R>(
  { builder, names }: Scope,
  join: ForeignKeyJoin<K, V, KOther, VOther, R>,
): SubscriptionNodes {
  const { left, right, isLeftJoin, foreignKeyOf, options } = join
  const { as, otherPartitioner } = options
  const { keySerde, valueSerde } = serdesOf(left, options.left, 'left')
  const { keySerde: foreignKeySerde } = serdesOf(right, options.right, 'right')
  right.enableSendingOldValues(true)
  left.enableSendingOldValues(true)

  const topic = names.nodeWithSuffix(
    as,
    '-subscription-registration',
    `${PREFIX}SUBSCRIPTION-REGISTRATION-`,
  )
  const topicOf = (applicationId: string) => `${applicationId}-${topic}-${TOPIC_SUFFIX}`
  const send = names.nodeWithSuffix(
    as,
    '-subscription-registration-processor',
    `${PREFIX}SUBSCRIPTION-REGISTRATION-`,
  )
  const sink = names.nodeWithSuffix(as, '-subscription-registration-sink', 'KTABLE-SINK-')
  const source = names.nodeWithSuffix(as, '-subscription-registration-source', 'KTABLE-SOURCE-')
  const storeName = names.nodeWithSuffix(
    as,
    '-subscription-store',
    `${PREFIX}SUBSCRIPTION-STATE-STORE-`,
  )
  const receive = names.nodeWithSuffix(as, '-subscription-receive', PROCESSOR_PREFIX)
  const joinSubscription = names.nodeWithSuffix(as, '-subscription-join-foreign', PROCESSOR_PREFIX)
  const joinForeign = names.nodeWithSuffix(as, '-foreign-join-subscription', PROCESSOR_PREFIX)

  const rightRows = right.views()
  const combined = combinedKeySerde(foreignKeySerde, keySerde)
  const message = subscriptionSerde(keySerde, valueSerde)
  builder.addRepartitionTopic({ name: topic, suffix: TOPIC_SUFFIX, partitions: undefined })
  builder.addProcessor(
    send,
    sendSubscriptions<K, V, KOther>({
      isLeftJoin,
      isVersioned: left.isVersioned === true,
      foreignKeyOf,
      isSameKey: sameBytes(foreignKeySerde, topic),
      valueSerde,
      topicOf,
    }),
    [left.name],
  )
  const partitioner =
    otherPartitioner === undefined
      ? undefined
      : (key: KOther, _value: unknown, count: number) => otherPartitioner(key, count)
  builder.addSink(sink, { topic, keySerde: foreignKeySerde, valueSerde: message, partitioner }, [
    send,
  ])
  builder.addSource(source, { topics: [topic], keySerde: foreignKeySerde, valueSerde: message })
  builder.addCopartition([...right.sources, source])

  const store = subscriptionStore(storeName, combined)
  builder.addProcessor(receive, receiveSubscriptions<KOther, K>(storeName), [source], [store])
  builder.addProcessor(
    joinSubscription,
    joinSubscriptions<K, KOther, VOther>(rightRows),
    [receive],
    rightRows.stores,
  )
  builder.addProcessor(
    joinForeign,
    joinForeignRows<K, KOther, VOther>({
      storeName,
      keySerde: combined,
      isVersioned: right.isVersioned === true,
      topicOf: (applicationId) => `${applicationId}-${storeName}-changelog`,
    }),
    [right.name],
    [storeName],
  )
  return { answering: [joinSubscription, joinForeign], topicOf }
}

const PROCESSOR_PREFIX = `${PREFIX}SUBSCRIPTION-PROCESSOR-`

function addResponses<K, V, KOther, VOther, R>(
  scope: Scope,
  join: ForeignKeyJoin<K, V, KOther, VOther, R>,
  { answering, topicOf }: SubscriptionNodes,
): TableNode<K, R> {
  const { builder, names } = scope
  const { left, right, isLeftJoin, joiner, options } = join
  const { as, materialized } = options
  const { keySerde, valueSerde } = serdesOf(left, options.left, 'left')
  const { keySerde: foreignKeySerde, valueSerde: foreignValueSerde } = serdesOf(
    right,
    options.right,
    'right',
  )

  const topic = names.nodeWithSuffix(
    as,
    '-subscription-response',
    `${PREFIX}SUBSCRIPTION-RESPONSE-`,
  )
  const sink = names.nodeWithSuffix(as, '-subscription-response-sink', 'KTABLE-SINK-')
  const source = names.nodeWithSuffix(as, '-subscription-response-source', 'KTABLE-SOURCE-')
  const resolve = names.nodeWithSuffix(
    as,
    '-subscription-response-resolver',
    `${PREFIX}SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-`,
  )
  const result = names.nodeWithSuffix(as, '-result', RESULT_PREFIX)
  const storeName = names.store(materialized?.as, RESULT_PREFIX)

  const message = subscriptionResponseSerde(foreignKeySerde, foreignValueSerde)
  const partitioner = responsePartitioner<K, KOther, VOther>(options.partitioner)
  const sources = [...new Set([...left.sources, source])]
  const rows = left.views()
  builder.addRepartitionTopic({ name: topic, suffix: TOPIC_SUFFIX, partitions: undefined })
  builder.addSink(sink, { topic, keySerde, valueSerde: message, partitioner }, answering)
  builder.addSource(source, { topics: [topic], keySerde, valueSerde: message })
  builder.addCopartition(sources)
  builder.addProcessor(
    resolve,
    resolveResponses<K, V, KOther, VOther, R>({
      isLeftJoin,
      rows,
      valueSerde,
      foreignKeyOf: join.foreignKeyOf,
      isSameKey: sameBytes(foreignKeySerde, topic),
      join: joiner,
      topicOf,
    }),
    [source],
    rows.stores,
  )
  return addTableSource(scope, {
    name: result,
    parent: resolve,
    keySerde: asSerde(materialized?.keySerde) ?? keySerde,
    valueSerde: asSerde(materialized?.valueSerde ?? options.valueSerde),
    sources,
    storeName,
    keepsRows: materialized?.as !== undefined || materialized?.historyRetentionMs !== undefined,
    // Its serdes were taken out above.
    materialized: (materialized ?? {}) as Materialized<K, R>,
  })
}

const RESULT_PREFIX = `${PREFIX}OUTPUT-`

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

/** @throws {StreamsError} TOPOLOGY_REPARTITION_WITHOUT_SERDE */
function serdesOf<K, V>(
  table: TableNode<K, V>,
  given: AnySerdes<K, V> | undefined,
  side: 'left' | 'right',
): { readonly keySerde: Serde<K>; readonly valueSerde: Serde<V> } {
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
