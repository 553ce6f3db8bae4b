import type { StoreDatabase } from '../../store-engine.ts'
import { asBuffer, LOG, metaKey, numbers } from './keys.ts'
import type { Transaction } from './transaction.ts'

/** Who may use a transactional id, and the transaction it has open. The epoch is stored: it grows over restarts, too. */
export class TransactionRegistry {
  readonly #database: StoreDatabase
  readonly #epochs = new Map<string, number>()
  readonly #open = new Map<string, Transaction>()

  constructor(database: StoreDatabase) {
    this.#database = database
  }

  /** Fences every predecessor, ends its open transaction and returns the epoch of the new owner. */
  takeOver(transactionalId: string): number {
    const key = metaKey('producer', Buffer.from(transactionalId))
    const stored = this.#database.get(LOG, key)
    const epoch = (stored === undefined ? 0 : asBuffer(stored).readUInt32BE(0)) + 1
    const batch = this.#database.batch()
    batch.put(LOG, key, numbers(epoch))
    batch.write()
    this.#epochs.set(transactionalId, epoch)
    this.#open.get(transactionalId)?.abort()
    this.#open.delete(transactionalId)
    return epoch
  }

  owns(transactionalId: string, epoch: number): boolean {
    return this.#epochs.get(transactionalId) === epoch
  }

  opened(transaction: Transaction): void {
    this.#open.set(transaction.transactionalId, transaction)
  }

  ended(transaction: Transaction): void {
    if (this.#open.get(transaction.transactionalId) === transaction) {
      this.#open.delete(transaction.transactionalId)
    }
  }

  /** Aborts transactions that are open for longer than they may be: readers wait for them. */
  abortExpired(): number {
    let aborted = 0
    for (const [transactionalId, transaction] of this.#open) {
      if (!transaction.expired()) continue
      transaction.abort()
      this.#open.delete(transactionalId)
      aborted += 1
    }
    return aborted
  }
}
