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

export interface ResolvesResponses<K, V, VForeign, R> {
  readonly isLeftJoin: boolean
  readonly rows: TableViewSupplier<K, V>
  readonly valueSerde: Serde<V>
  readonly join: (value: V, foreignValue: VForeign | undefined) => R | undefined
  /** As the log names the topic of subscriptions, for serdes. */
  readonly topicOf: (applicationId: string) => string
}

/** Joins an answer with the left row that it was meant for; if that row has changed since, another answer is on its way. */
export function resolveResponses<K, V, VForeign, R>(
  options: ResolvesResponses<K, V, VForeign, R>,
): ProcessorSupplier<K, SubscriptionResponse<VForeign>, K, R | undefined> {
  return () => new ResponseResolver(options)
}

class ResponseResolver<K, V, VForeign, R>
  implements Processor<K, SubscriptionResponse<VForeign>, K, R | undefined>
{
  readonly #options: ResolvesResponses<K, V, VForeign, R>
  #context: ProcessorContext<K, R | undefined> | undefined
  #rows: TableView<K, V> | undefined
  #topic = ''

  constructor(options: ResolvesResponses<K, V, VForeign, R>) {
    this.#options = options
  }

  init(context: ProcessorContext<K, R | undefined>): void {
    this.#context = context
    this.#rows = this.#options.rows.view(context)
    this.#topic = pseudoTopics.leftValue(this.#options.topicOf(context.applicationId))
  }

  process(record: StreamRecord<K, SubscriptionResponse<VForeign>>): void {
    const { key, value: response, timestampMs, headers } = record
    const row = this.#rows?.get(key)?.value
    if (!fingerprintsEqual(response.fingerprint, this.#fingerprintOf(row))) {
      this.#context?.drop('outdated-response')
      return
    }
    const value = this.#joined(row, response.foreignValue)
    this.#context?.forward({ key, value, timestampMs, headers })
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
