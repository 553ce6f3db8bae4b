import type { Names } from '../../names.ts'

const PREFIX = 'KTABLE-FK-JOIN-'
const REGISTRATION_PREFIX = `${PREFIX}SUBSCRIPTION-REGISTRATION-`
const PROCESSOR_PREFIX = `${PREFIX}SUBSCRIPTION-PROCESSOR-`
const RESULT_PREFIX = `${PREFIX}OUTPUT-`

/** The two topics end in this, where a repartition topic ends in `repartition`. */
export const TOPIC_SUFFIX = 'topic'

/** Names of what asks and answers, in Kafka Streams' order: each uses up a number. */
export function subscriptionNames(names: Names, as: string | undefined) {
  return {
    topic: names.nodeWithSuffix(as, '-subscription-registration', REGISTRATION_PREFIX),
    send: names.nodeWithSuffix(as, '-subscription-registration-processor', REGISTRATION_PREFIX),
    sink: names.nodeWithSuffix(as, '-subscription-registration-sink', 'KTABLE-SINK-'),
    source: names.nodeWithSuffix(as, '-subscription-registration-source', 'KTABLE-SOURCE-'),
    store: names.nodeWithSuffix(as, '-subscription-store', `${PREFIX}SUBSCRIPTION-STATE-STORE-`),
    receive: names.nodeWithSuffix(as, '-subscription-receive', PROCESSOR_PREFIX),
    joinSubscription: names.nodeWithSuffix(as, '-subscription-join-foreign', PROCESSOR_PREFIX),
    joinForeign: names.nodeWithSuffix(as, '-foreign-join-subscription', PROCESSOR_PREFIX),
  }
}

/** Names of what takes the answers; they follow those of the subscriptions. */
export function responseNames(names: Names, as: string | undefined, storeName: string | undefined) {
  return {
    topic: names.nodeWithSuffix(as, '-subscription-response', `${PREFIX}SUBSCRIPTION-RESPONSE-`),
    sink: names.nodeWithSuffix(as, '-subscription-response-sink', 'KTABLE-SINK-'),
    source: names.nodeWithSuffix(as, '-subscription-response-source', 'KTABLE-SOURCE-'),
    resolve: names.nodeWithSuffix(
      as,
      '-subscription-response-resolver',
      `${PREFIX}SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-`,
    ),
    result: names.nodeWithSuffix(as, '-result', RESULT_PREFIX),
    store: names.store(storeName, RESULT_PREFIX),
  }
}
