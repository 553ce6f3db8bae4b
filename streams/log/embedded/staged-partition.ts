import type { AppendResult, ProducerRecord } from '../log.ts'
import type { PartitionWrite } from './log-core.ts'
import type { PartitionLog, Reservation } from './partition-log.ts'
import { BatchBuilder, type SealedBatch } from './record-batch.ts'

/** Records on their way into one partition: packed, at the offsets they will have, but not yet written. */
export class StagedPartition {
  readonly log: PartitionLog
  readonly #batchBytes: number
  readonly #sealed: SealedBatch[] = []
  readonly #builder = new BatchBuilder()
  #reservation: Reservation | undefined
  #sealedBytes = 0

  constructor(log: PartitionLog, batchBytes: number) {
    this.log = log
    this.#batchBytes = batchBytes
  }

  get sizeBytes(): number {
    return this.#sealedBytes + this.#builder.sizeBytes
  }

  add(records: readonly ProducerRecord[], appendTimeMs: number): AppendResult {
    const { topic, partition, nextOffset: baseOffset } = this.log
    this.#reservation = this.log.reserve(records.length, this.#reservation)
    // Another producer took offsets in between: a batch holds consecutive ones.
    if (this.#builder.recordCount > 0 && this.#builder.lastOffset + 1 !== baseOffset) this.#cut()
    let offset = baseOffset
    for (const record of records) {
      this.#builder.add(offset++, record, appendTimeMs)
      if (this.#builder.sizeBytes >= this.#batchBytes) this.#cut()
    }
    return { topic, partition, baseOffset, lastOffset: offset - 1 }
  }

  seal(): PartitionWrite {
    if (this.#builder.recordCount > 0) this.#cut()
    return { log: this.log, sealed: this.#sealed, reservation: this.#reservation }
  }

  release(): void {
    if (this.#reservation !== undefined) this.log.release(this.#reservation)
  }

  #cut(): void {
    const sealed = this.#builder.seal()
    this.#sealed.push(sealed)
    this.#sealedBytes += sealed.sizeBytes
  }
}
