import type { Change } from '../../../change.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../../processor.ts'
import type { Serde } from '../../../serde.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Subscription } from './subscription.ts'
import { planInnerJoin, planLeftJoin } from './subscription-plan.ts'
import { pseudoTopics } from './wire-layouts.ts'

export interface SendsSubscriptions<K, V, KForeign> {
  readonly isLeftJoin: boolean
  readonly isVersioned: boolean
  readonly foreignKeyOf: (key: K, value: V) => KForeign | undefined
  readonly isSameKey: (one: KForeign, other: KForeign) => boolean
  readonly valueSerde: Serde<V>
  /** As the log names it, for serdes. */
  readonly topicOf: (applicationId: string) => string
}

/** Tells the foreign table's side, by foreign key, which left rows to answer and which to forget. */
export function sendSubscriptions<K, V, KForeign>(
  options: SendsSubscriptions<K, V, KForeign>,
): ProcessorSupplier<K, Change<V>, KForeign | undefined, Subscription<K>> {
  return () => new SubscriptionSender(options)
}

class SubscriptionSender<K, V, KForeign>
  implements Processor<K, Change<V>, KForeign | undefined, Subscription<K>>
{
  readonly #options: SendsSubscriptions<K, V, KForeign>
  #context: ProcessorContext<KForeign | undefined, Subscription<K>> | undefined
  #topic = ''

  constructor(options: SendsSubscriptions<K, V, KForeign>) {
    this.#options = options
  }

  init(context: ProcessorContext<KForeign | undefined, Subscription<K>>): void {
    this.#context = context
    this.#topic = this.#options.topicOf(context.applicationId)
  }

  process({ key, value: change, timestampMs, headers }: StreamRecord<K, Change<V>>): void {
    const context = this.#context
    if (context === undefined) return
    if (this.#options.isVersioned && !change.isLatest) {
      context.drop('out-of-order')
      return
    }
    const { isLeftJoin, isSameKey } = this.#options
    const { newValue, oldValue } = change
    const plan = (isLeftJoin ? planLeftJoin : planInnerJoin)({
      before: this.#foreignKeyOf(key, oldValue),
      after: this.#foreignKeyOf(key, newValue),
      hadRow: oldValue !== undefined,
      hasRow: newValue !== undefined,
      isSameKey,
    })
    if (plan.lacksForeignKey) context.drop('null-foreign-key')
    if (plan.messages.length === 0) return
    const fingerprint = newValue === undefined ? undefined : this.#fingerprintOf(newValue)
    const primaryPartition = context.partition
    for (const { foreignKey, instruction } of plan.messages) {
      const value = { instruction, primaryKey: key, primaryPartition, fingerprint }
      context.forward({ key: foreignKey, value, timestampMs, headers })
    }
  }

  #foreignKeyOf(key: K, value: V | undefined): KForeign | undefined {
    if (value === undefined) return undefined
    // A key of null, as plain JavaScript may answer, is none either.
    return this.#options.foreignKeyOf(key, value) ?? undefined
  }

  #fingerprintOf(value: V): Uint8Array {
    return fingerprintOf(
      this.#options.valueSerde.serialize(pseudoTopics.leftValue(this.#topic), value),
    )
  }
}
