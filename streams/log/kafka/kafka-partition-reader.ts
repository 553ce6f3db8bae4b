import { StreamsError } from '../../errors.ts'
import type {
  FetchedBatch,
  PartitionReader,
  PartitionReaderOptions,
  TopicPartition,
} from '../log.ts'
import type { Cluster } from './cluster.ts'
import { Fetcher } from './fetcher.ts'
import { boundary } from './partition-offsets.ts'

const BUFFERED_BYTES_MAX = 16 * 1024 * 1024

/** Reads partitions without a group: nothing of it is left in the cluster. */
export class KafkaPartitionReader implements PartitionReader {
  readonly #cluster: Cluster
  readonly #fetcher: Fetcher

  constructor(cluster: Cluster, options: PartitionReaderOptions) {
    this.#cluster = cluster
    this.#fetcher = new Fetcher(cluster, {
      isolation: options.isolation ?? 'read_committed',
      bufferedBytesMax: options.bufferedBytesMax ?? BUFFERED_BYTES_MAX,
      onOutOfRange: (partition, offset) => this.#resume(partition, offset),
    })
  }

  async assign(
    positions: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    this.#fetcher.assign([])
    const starts = await boundary(this.#cluster, positions, 'earliest')
    this.#fetcher.assign(
      positions.map(({ topic, partition, offset }, index) => ({
        topic,
        partition,
        offset: Math.max(offset, starts[index] ?? 0),
      })),
    )
  }

  async poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    return this.#fetcher.poll(options.maxWaitMs, options.recordsMax)
  }

  async close(): Promise<void> {
    this.#fetcher.close()
    await this.#cluster.close()
  }

  /** The log's start has moved on; an offset beyond its end, however, means that the log was made anew. */
  async #resume({ topic, partition }: TopicPartition, offset: number): Promise<number> {
    const [start = 0] = await boundary(this.#cluster, [{ topic, partition }], 'earliest')
    if (offset < start) return start
    const [end = 0] = await boundary(this.#cluster, [{ topic, partition }], 'latest')
    if (offset <= end) return offset
    throw new StreamsError(
      'LOG_OFFSET_OUT_OF_RANGE',
      `the log ends at ${end}`,
      { topic, partition, offset },
      'The topic was truncated or made anew: drop what was built from it and read from its start.',
    )
  }
}
