import { expect } from 'vitest'
import type { StateStore, StoreSpec, TaskStores } from '#streams'
import type { LogRecord } from '#streams/log'
import type { BackendUnderTest } from './store-house.ts'

const TASK = '0_0'

/** One store with a changelog that is written like the runtime's: changes at each commit, and nothing else. */
export class ChangeloggedStore {
  readonly #made: BackendUnderTest
  #spec: StoreSpec
  readonly #log: LogRecord[] = []
  #directory: string
  #stores: TaskStores | undefined

  constructor(made: BackendUnderTest, spec: StoreSpec) {
    this.#made = made
    this.#spec = spec
    this.#directory = made.newDirectory()
  }

  get store(): StateStore {
    return this.#managed.store
  }

  get committed(): StateStore {
    return this.#managed.committed ?? this.#managed.store
  }

  get digest() {
    return this.#managed.digest()
  }

  get changelogKeys(): number {
    return this.#compacted().filter(({ value }) => value !== null).length
  }

  async open(): Promise<void> {
    this.#stores = await this.#made.backend.open({
      directory: this.#directory,
      taskId: TASK,
      specs: [this.#spec],
      overlayBytesMax: 1e6,
    })
    this.#catchUp()
  }

  /** @returns how many tombstones it wrote, and whether it could write any */
  commit(): { readonly tombstones: number; readonly isIdle: boolean } {
    const isIdle = this.#managed.changeCount === 0
    const tombstones = this.#writeChangelog()
    this.#open.commit(new Map([[this.#spec.name, this.#log.length]]))
    return { tombstones, isIdle }
  }

  /** Killed after the log was written and before the store was: the log decides. */
  async crashWithinCommit(): Promise<void> {
    this.#writeChangelog()
    await this.crash()
  }

  #writeChangelog(): number {
    let tombstones = 0
    for (const { key, value } of this.#managed.changes()) {
      this.#log.push({ offset: this.#log.length, timestampMs: 0, key, value, headers: [] })
      if (value === null) tombstones += 1
    }
    return tombstones
  }

  discard(): void {
    this.#open.discard()
  }

  /** What was not committed is gone. Another spec stands for another deployment. */
  async crash(spec: StoreSpec = this.#spec): Promise<void> {
    this.#spec = spec
    await this.#open.close()
    await this.open()
  }

  /** The same store, made anew from its changelog: all of it, or the last record of each key. */
  async moveElsewhere(how: { readonly compacted: boolean; readonly batch: number }): Promise<void> {
    this.#open.discard()
    const before = this.digest
    await this.close()
    this.#directory = this.#made.newDirectory()
    this.#stores = await this.#made.backend.open({
      directory: this.#directory,
      taskId: TASK,
      specs: [this.#spec],
      overlayBytesMax: 1e6,
    })
    this.#restore(how.compacted ? this.#compacted() : this.#log, how.batch)
    expect(this.digest).toEqual(before)
  }

  async close(): Promise<void> {
    await this.#open.close()
    await this.#made.backend.wipe(this.#directory)
  }

  get #open(): TaskStores {
    if (this.#stores === undefined) throw new Error('the store is not open yet')
    return this.#stores
  }

  get #managed() {
    return this.#open.get(this.#spec.name)
  }

  /** The end of the log that the store does not have yet. */
  #catchUp(): void {
    const from = this.#managed.checkpoint() ?? 0
    this.#restore(
      this.#log.filter(({ offset }) => offset >= from),
      50,
    )
  }

  #compacted(): LogRecord[] {
    const last = new Map<string, number>()
    for (const { key, offset } of this.#log) last.set(hex(key), offset)
    return this.#log.filter(({ key, offset }) => last.get(hex(key)) === offset)
  }

  #restore(records: readonly LogRecord[], batch: number): void {
    for (let at = 0; at < records.length; at += batch) {
      const part = records.slice(at, at + batch)
      this.#managed.restore(part, (part.at(-1)?.offset ?? 0) + 1)
    }
    if (records.length > 0) this.#managed.restore([], this.#log.length)
  }
}

function hex(key: Uint8Array | null): string {
  return Buffer.from(key ?? []).toString('hex')
}
