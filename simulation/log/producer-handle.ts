import type { AppendResult, PartitionAppend, Producer } from '#streams/log'
import type { Machine } from '../machine.ts'
import { withPartitions } from './appends.ts'
import type { Broker } from './broker.ts'
import { unavailable } from './errors.ts'

/** Idempotent: a request that arrives again is answered, not written. Sends run one after another. */
export class ProducerHandle implements Producer {
  readonly #broker: Broker
  readonly #machine: Machine
  #last: Promise<unknown> = Promise.resolve()

  constructor(broker: Broker, machine: Machine) {
    this.#broker = broker
    this.#machine = machine
  }

  send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    const sent = this.#last.then(() => this.#send(appends))
    this.#last = sent.catch(() => {})
    return sent
  }

  async close(): Promise<void> {
    await this.#last
  }

  #send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    let results: readonly AppendResult[] | undefined
    const append = () => {
      results ??= withPartitions(this.#broker, appends).map(({ to, topic, partition, records }) => {
        const baseOffset = to.append(records)
        return { topic, partition, baseOffset, lastOffset: baseOffset + records.length - 1 }
      })
      return results
    }
    return this.#broker.network.call(this.#machine, 'data', 'produce', append, {
      unknown: unavailable,
    })
  }
}
