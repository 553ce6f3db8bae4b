import type {
  FetchedBatch,
  PartitionReader,
  PartitionReaderOptions,
  TopicPartition,
} from '#streams/log'
import type { Machine } from '../machine.ts'
import type { Broker } from './broker.ts'
import { Cursors } from './cursors.ts'
import { closed } from './errors.ts'

const RECORDS_MAX = 5_000

export class PartitionReaderHandle implements PartitionReader {
  readonly #broker: Broker
  readonly #machine: Machine
  readonly #options: PartitionReaderOptions
  readonly #cursors = new Cursors()
  #isClosed = false
  #polls = 0

  constructor(broker: Broker, machine: Machine, options: PartitionReaderOptions) {
    this.#broker = broker
    this.#machine = machine
    this.#options = options
  }

  async assign(positions: readonly (TopicPartition & { readonly offset: number })[]) {
    const partitions = await this.#broker.network.call(
      this.#machine,
      'admin',
      'assign',
      () => positions.map((at) => this.#broker.partition(at)),
      { isRead: true },
    )
    this.#cursors.clear()
    for (const [index, partition] of partitions.entries()) {
      this.#cursors.add(partition, positions[index]?.offset)
    }
  }

  async poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    if (this.#isClosed) throw closed('the reader')
    const { maxWaitMs, recordsMax = RECORDS_MAX } = options
    const { isolation = 'read_committed' } = this.#options
    const plan = this.#cursors.plan(this.#polls++)
    const fetch = () => this.#broker.fetch(plan.positions, { isolation, recordsMax, maxWaitMs })
    const batches = await this.#broker.network.call(this.#machine, 'data', 'read', fetch, {
      isRead: true,
    })
    return this.#isClosed ? [] : this.#cursors.take(batches, plan)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cursors.clear()
  }
}
