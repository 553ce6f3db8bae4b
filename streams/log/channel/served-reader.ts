import type { FetchedBatch, PartitionReader, PartitionReaderOptions } from '../log.ts'
import type { Position, ServerMessage, Target } from './protocol.ts'
import { ServedFetch } from './served-fetch.ts'

/** A reader that is read ahead for another thread. */
export class ServedReader {
  readonly #reader: PartitionReader
  readonly #fetch: ServedFetch
  #positions: readonly Position[] = []
  #epoch = 0
  /** Of the assignment when the poll under way began. */
  #polledEpoch = 0

  constructor(
    reader: PartitionReader,
    target: Target,
    { bufferedBytesMax }: PartitionReaderOptions,
    post: (message: ServerMessage, transfer: ArrayBuffer[]) => void,
  ) {
    this.#reader = reader
    this.#fetch = new ServedFetch({
      source: {
        poll: (options) => {
          this.#polledEpoch = this.#epoch
          return reader.poll(options)
        },
      },
      target,
      bufferedBytesMax,
      post,
      undoubted: (batches) => this.#undoubted(batches),
      epochOf: () => this.#epoch,
    })
  }

  async assign(positions: readonly Position[], epoch: number): Promise<void> {
    await this.#reader.assign(positions)
    this.#positions = positions
    this.#epoch = epoch
  }

  fetch(): Promise<void> {
    return this.#fetch.begin()
  }

  credit(bytes: number): void {
    this.#fetch.credit(bytes)
  }

  close(): Promise<void> {
    this.#fetch.end()
    return this.#reader.close()
  }

  /** After an assignment during the poll nobody knows which one they are of: it begins again. */
  async #undoubted(batches: readonly FetchedBatch[]): Promise<readonly FetchedBatch[]> {
    if (this.#polledEpoch === this.#epoch) return batches
    await this.#reader.assign(this.#positions)
    return []
  }
}
