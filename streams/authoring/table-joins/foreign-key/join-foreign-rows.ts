import type { Change } from '../../../change.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../../processor.ts'
import type { SubscriptionStore } from './receive-subscriptions.ts'
import type { SubscriptionResponse } from './subscription.ts'
import type { CombinedKeySerde } from './wire-layouts.ts'

export interface JoinsForeignRows<KForeign, K> {
  readonly storeName: string
  readonly keySerde: CombinedKeySerde<KForeign, K>
  readonly isVersioned: boolean
  /** As the log names the store's changelog, for serdes. */
  readonly topicOf: (applicationId: string) => string
}

/** Answers every subscriber of a foreign row that changed, in the order of their keys' bytes. */
export function joinForeignRows<K, KForeign, VForeign>(
  options: JoinsForeignRows<KForeign, K>,
): ProcessorSupplier<KForeign, Change<VForeign>, K, SubscriptionResponse<KForeign, VForeign>> {
  return () => new ForeignRowJoiner(options)
}

class ForeignRowJoiner<K, KForeign, VForeign>
  implements Processor<KForeign, Change<VForeign>, K, SubscriptionResponse<KForeign, VForeign>>
{
  readonly #options: JoinsForeignRows<KForeign, K>
  #context: ProcessorContext<K, SubscriptionResponse<KForeign, VForeign>> | undefined
  #store: SubscriptionStore<KForeign, K> | undefined
  #topic = ''

  constructor(options: JoinsForeignRows<KForeign, K>) {
    this.#options = options
  }

  init(context: ProcessorContext<K, SubscriptionResponse<KForeign, VForeign>>): void {
    this.#context = context
    this.#store = context.getStateStore<SubscriptionStore<KForeign, K>>(this.#options.storeName)
    this.#topic = this.#options.topicOf(context.applicationId)
  }

  process(record: StreamRecord<KForeign, Change<VForeign>>): void {
    const [context, store] = [this.#context, this.#store]
    if (context === undefined || store === undefined) return
    const { key: foreignKey, value: change, timestampMs, headers } = record
    if (foreignKey === undefined) {
      context.drop('null-key')
      return
    }
    const { keySerde, isVersioned } = this.#options
    if (isVersioned && !change.isLatest) {
      context.drop('out-of-order')
      return
    }
    const foreignValue = change.newValue
    for (const [key, subscriber] of store.prefixScan(keySerde.prefix(this.#topic, foreignKey))) {
      const value = { ...subscriber, foreignValue, foreignKey }
      context.forward({ key: key.primaryKey, value, timestampMs, headers })
    }
  }
}
