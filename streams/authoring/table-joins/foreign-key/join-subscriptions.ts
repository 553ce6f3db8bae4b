import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../../processor.ts'
import type { TableView, TableViewSupplier } from '../../table/table-node.ts'
import type { CombinedKey, Subscription, SubscriptionResponse } from './subscription.ts'

/** Answers a subscription with the foreign row that holds now. */
export function joinSubscriptions<K, KForeign, VForeign>(
  foreign: TableViewSupplier<KForeign, VForeign>,
): ProcessorSupplier<
  CombinedKey<KForeign | undefined, K>,
  Subscription<K>,
  K,
  SubscriptionResponse<KForeign, VForeign>
> {
  return () => new SubscriptionJoiner(foreign)
}

class SubscriptionJoiner<K, KForeign, VForeign>
  implements
    Processor<
      CombinedKey<KForeign | undefined, K>,
      Subscription<K>,
      K,
      SubscriptionResponse<KForeign, VForeign>
    >
{
  readonly #supplier: TableViewSupplier<KForeign, VForeign>
  #context: ProcessorContext<K, SubscriptionResponse<KForeign, VForeign>> | undefined
  #rows: TableView<KForeign, VForeign> | undefined

  constructor(supplier: TableViewSupplier<KForeign, VForeign>) {
    this.#supplier = supplier
  }

  init(context: ProcessorContext<K, SubscriptionResponse<KForeign, VForeign>>): void {
    this.#context = context
    this.#rows = this.#supplier.view(context)
  }

  process(record: StreamRecord<CombinedKey<KForeign | undefined, K>, Subscription<K>>): void {
    const { foreignKey, primaryKey } = record.key
    const { instruction, fingerprint, primaryPartition } = record.value
    const row = foreignKey === undefined ? undefined : this.#rows?.get(foreignKey)
    switch (instruction) {
      case 'DELETE_KEY_NO_PROPAGATE':
        return
      case 'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE':
        if (row === undefined) return
        break
      case 'DELETE_KEY_AND_PROPAGATE':
      case 'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE':
        break
    }
    const foreignValue = instruction === 'DELETE_KEY_AND_PROPAGATE' ? undefined : row?.value
    const { timestampMs, headers } = record
    this.#context?.forward({
      key: primaryKey,
      value: { fingerprint, primaryPartition, foreignValue, foreignKey },
      timestampMs: row === undefined ? timestampMs : Math.max(timestampMs, row.timestampMs),
      headers,
    })
  }
}
