import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../../processor.ts'
import type { KeyValueStore } from '../../../store.ts'
import type { CombinedKey, Subscriber, Subscription } from './subscription.ts'

export type SubscriptionStore<KForeign, K> = KeyValueStore<CombinedKey<KForeign, K>, Subscriber>

type Received<KForeign, K> = CombinedKey<KForeign | undefined, K>

/** Keeps who subscribes to which foreign key, and hands on to the join with the foreign row. */
export function receiveSubscriptions<KForeign, K>(
  storeName: string,
): ProcessorSupplier<
  KForeign | undefined,
  Subscription<K>,
  Received<KForeign, K>,
  Subscription<K>
> {
  return () => new SubscriptionReceiver(storeName)
}

class SubscriptionReceiver<KForeign, K>
  implements
    Processor<KForeign | undefined, Subscription<K>, Received<KForeign, K>, Subscription<K>>
{
  readonly #storeName: string
  #context: ProcessorContext<Received<KForeign, K>, Subscription<K>> | undefined
  #store: SubscriptionStore<KForeign, K> | undefined

  constructor(storeName: string) {
    this.#storeName = storeName
  }

  init(context: ProcessorContext<Received<KForeign, K>, Subscription<K>>): void {
    this.#context = context
    this.#store = context.getStateStore<SubscriptionStore<KForeign, K>>(this.#storeName)
  }

  process(record: StreamRecord<KForeign | undefined, Subscription<K>>): void {
    const { key: foreignKey, value, timestampMs, headers } = record
    const { primaryKey, primaryPartition, fingerprint, instruction } = value
    if (foreignKey !== undefined) {
      const key = { foreignKey, primaryKey }
      switch (instruction) {
        case 'DELETE_KEY_AND_PROPAGATE':
        case 'DELETE_KEY_NO_PROPAGATE':
          this.#store?.delete(key)
          break
        case 'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE':
        case 'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE':
          this.#store?.put(key, { primaryPartition, fingerprint })
          break
      }
    } else if (instruction !== 'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE') {
      this.#context?.drop('null-foreign-key')
      return
    }
    this.#context?.forward({ key: { foreignKey, primaryKey }, value, timestampMs, headers })
  }
}
