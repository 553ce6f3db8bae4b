import type { Change, EncodedChange } from '../../change.ts'
import type { Header } from '../../log/log.ts'
import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { WindowedKey } from '../../store.ts'
import { ChangeForwarder } from '../table/change-forwarder.ts'
import type { EmitStrategy } from './emit-strategy.ts'

export type WindowedContext<K, A> = ProcessorContext<WindowedKey<K>, Change<A>>

/** What the node of a windowed table knows when its tasks start. */
export interface UpdatesPlan<K> {
  readonly storeName: string
  readonly windowedKeySerde: Serde<WindowedKey<K>>
  readonly emit: EmitStrategy
  readonly caching: boolean | undefined
  readonly sendsOldValues: () => boolean
  /** One of several groups that share the table: `windowedChanges` comes after all of them. */
  readonly isPart: boolean
}

export interface WindowUpdate<K, A> {
  readonly key: WindowedKey<K>
  readonly newValue: A | undefined
  /** Where updates wait in the record cache, what the store held; else what the aggregation started from, as in Kafka Streams. */
  readonly oldValue: A | undefined
  readonly timestampMs: number
  readonly headers: readonly Header[]
  readonly encoded?: EncodedChange | undefined
}

/** Hands on a table's updates as they come, or leaves them with the record cache until the commit. Silent where only closed windows come out. */
export class WindowUpdates<K, A> {
  readonly isSilent: boolean
  readonly isCaching: boolean
  /** Nodes right below may use the bytes of values. */
  readonly handsOnBytes: boolean
  readonly #context: WindowedContext<K, A>
  readonly #cached: ChangeForwarder<WindowedKey<K>, A> | undefined
  readonly #sendsOldValues: boolean

  /** In `init`. */
  constructor(context: WindowedContext<K, A>, plan: UpdatesPlan<K>) {
    this.#context = context
    this.isSilent = plan.emit.kind === 'window-close'
    this.#sendsOldValues = plan.isPart || plan.sendsOldValues()
    const forwarder = this.isSilent ? undefined : changeForwarder(context, plan)
    this.isCaching = forwarder?.isCaching ?? false
    this.handsOnBytes = !this.isSilent && !this.isCaching && this.#sendsOldValues
    this.#cached = this.isCaching && !plan.isPart ? forwarder : undefined
  }

  send({ key, newValue, oldValue, timestampMs, headers, encoded }: WindowUpdate<K, A>): void {
    if (this.#cached !== undefined) {
      const record = { key, value: undefined, timestampMs, headers }
      this.#cached.forward(record, { newValue, oldValue, isLatest: true })
      return
    }
    const sentOld = this.#sendsOldValues ? oldValue : undefined
    const value =
      encoded === undefined
        ? { newValue, oldValue: sentOld, isLatest: true }
        : { newValue, oldValue: sentOld, isLatest: true, encoded }
    this.#context.forward({ key, value, timestampMs, headers })
  }
}

/** Hands on the updates that all groups made to the windowed table that they share. */
export function windowedChanges<K, A>(
  plan: UpdatesPlan<K>,
): ProcessorSupplier<WindowedKey<K>, Change<A>, WindowedKey<K>, Change<A>> {
  return () => new WindowedChanges(plan)
}

class WindowedChanges<K, A>
  implements Processor<WindowedKey<K>, Change<A>, WindowedKey<K>, Change<A>>
{
  readonly #plan: UpdatesPlan<K>
  #forwarder: ChangeForwarder<WindowedKey<K>, A> | undefined

  constructor(plan: UpdatesPlan<K>) {
    this.#plan = plan
  }

  init(context: WindowedContext<K, A>): void {
    this.#forwarder = changeForwarder(context, this.#plan)
  }

  process(record: StreamRecord<WindowedKey<K>, Change<A>>): void {
    this.#forwarder?.forward(record, record.value)
  }
}

function changeForwarder<K, A>(
  context: WindowedContext<K, A>,
  { storeName, windowedKeySerde, caching, sendsOldValues }: UpdatesPlan<K>,
): ChangeForwarder<WindowedKey<K>, A> {
  const store = { name: storeName, keySerde: windowedKeySerde }
  return new ChangeForwarder(context, { store, caching, sendsOldValues: sendsOldValues() })
}
