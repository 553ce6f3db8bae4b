import type { FetchedBatch, PartitionReader, PartitionReaderOptions } from '../log.ts'
import { ChannelFetch } from './channel-fetch.ts'
import type { Connection } from './connection.ts'
import type { Position, Target } from './protocol.ts'

/** A reader of a log in another thread. */
export class ChannelReader implements PartitionReader {
  readonly #connection: Connection
  readonly #target: Target
  readonly #fetch: ChannelFetch
  #epoch = 0
  #lastEpoch = 0

  static async open(
    connection: Connection,
    options: PartitionReaderOptions,
  ): Promise<ChannelReader> {
    const target = connection.nextTarget()
    await connection.call({ name: 'open-reader', target, options })
    return new ChannelReader(connection, target, options)
  }

  private constructor(
    connection: Connection,
    target: Target,
    { bufferedBytesMax }: PartitionReaderOptions,
  ) {
    this.#connection = connection
    this.#target = target
    const fetch = new ChannelFetch(connection, target, {
      bufferedBytesMax,
      epochOf: () => this.#epoch,
    })
    this.#fetch = fetch
    connection.listen(target, {
      records: (fetched, bytes) => fetch.add(fetched, bytes),
      fetchFailed: (error) => fetch.fail(error),
      asked: () => undefined,
      cut: () => fetch.signal.notify(),
    })
  }

  async assign(positions: readonly Position[]): Promise<void> {
    this.#fetch.requireOpen()
    const epoch = ++this.#lastEpoch
    const places = positions.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
    await this.#connection.call({
      name: 'assign',
      target: this.#target,
      positions: places,
      epoch,
    })
    this.#fetch.records.dropAll()
    this.#epoch = epoch
  }

  poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    return this.#fetch.poll(options)
  }

  async close(): Promise<void> {
    if (this.#fetch.isClosed) return
    this.#fetch.close()
    this.#connection.forget(this.#target)
    await this.#connection.call({ name: 'close', target: this.#target, leaveGroup: true })
  }
}
