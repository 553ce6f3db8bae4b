import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../../processor.ts'
import type { Serde } from '../../../serde.ts'
import type { TableView, TableViewSupplier } from '../../table/table-node.ts'
import { fingerprintOf, fingerprintsEqual } from './fingerprint.ts'
import type { SubscriptionResponse } from './subscription.ts'
import { pseudoTopics } from './wire-layouts.ts'

export interface ResolvesResponses<K, V, KForeign, VForeign, R> {
  readonly isLeftJoin: boolean
  readonly rows: TableViewSupplier<K, V>
  readonly valueSerde: Serde<V>
  readonly foreignKeyOf: (key: K, value: V) => KForeign | undefined
  readonly isSameKey: (one: KForeign, other: KForeign) => boolean
  readonly join: (value: V, foreignValue: VForeign | undefined) => R | undefined
  /** As the log names the topic of subscriptions, for serdes. */
  readonly topicOf: (applicationId: string) => string
}

/** Joins an answer with the left row that it was meant for; if that row has changed since, another answer is on its way. */
export function resolveResponses<K, V, KForeign, VForeign, R>(
  options: ResolvesResponses<K, V, KForeign, VForeign, R>,
): ProcessorSupplier<K, SubscriptionResponse<KForeign, VForeign>, K, R | undefined> {
  return () => new ResponseResolver(options)
}

class ResponseResolver<K, V, KForeign, VForeign, R>
  implements Processor<K, SubscriptionResponse<KForeign, VForeign>, K, R | undefined>
{
  readonly #options: ResolvesResponses<K, V, KForeign, VForeign, R>
  #context: ProcessorContext<K, R | undefined> | undefined
  #rows: TableView<K, V> | undefined
  #topic = ''

  constructor(options: ResolvesResponses<K, V, KForeign, VForeign, R>) {
    this.#options = options
  }

  init(context: ProcessorContext<K, R | undefined>): void {
    this.#context = context
    this.#rows = this.#options.rows.view(context)
    this.#topic = pseudoTopics.leftValue(this.#options.topicOf(context.applicationId))
  }

  process(record: StreamRecord<K, SubscriptionResponse<KForeign, VForeign>>): void {
    const { key, value: response, timestampMs, headers } = record
    const row = this.#rows?.get(key)?.value
    let value: R | undefined
    if (fingerprintsEqual(response.fingerprint, this.#fingerprintOf(row))) {
      value = this.#joined(row, response.foreignValue)
    } else if (!this.#endsResult(key, row, response)) {
      this.#context?.drop('outdated-response')
      return
    }
    this.#context?.forward({ key, value, timestampMs, headers })
  }

  /**
   * Of an inner join's answer that is outdated: whether it may be the last to end a result. Not every change of a left row is answered; this
   * one may have been made while the answer that ends the result was on its way. It is safe to end the result when the row leads nowhere, or
   * still to the same foreign key: whatever follows from there comes after this answer. Under another foreign key it may have come before, so then nothing is said:
   * a row that goes and comes back elsewhere, unmatched, before this answer can keep its old result, as in Kafka Streams.
   */
  #endsResult(
    key: K,
    row: V | undefined,
    { foreignValue, foreignKey }: SubscriptionResponse<KForeign, VForeign>,
  ): boolean {
    const { isLeftJoin, foreignKeyOf, isSameKey } = this.#options
    if (isLeftJoin || foreignValue !== undefined) return false
    const leadsTo = row === undefined ? undefined : (foreignKeyOf(key, row) ?? undefined)
    return leadsTo === undefined || (foreignKey !== undefined && isSameKey(leadsTo, foreignKey))
  }

  #joined(row: V | undefined, foreignValue: VForeign | undefined): R | undefined {
    const { isLeftJoin, join } = this.#options
    if (row === undefined) return undefined
    return foreignValue === undefined && !isLeftJoin ? undefined : join(row, foreignValue)
  }

  #fingerprintOf(row: V | undefined): Uint8Array | undefined {
    if (row === undefined) return undefined
    return fingerprintOf(this.#options.valueSerde.serialize(this.#topic, row))
  }
}
