import { createHash } from 'node:crypto'
import { StreamsError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import type {
  KeyValueIterator,
  KeyValueStore,
  ManagedStore,
  OpenTaskStores,
  StoreBackend,
  StoreChange,
  StoreDigest,
  StoreSpec,
  TaskStores,
} from '../store.ts'

/** What lies "on disk" of one store: entries by the key's bytes in hex, and the changelog position that they correspond to. */
interface Disk {
  readonly entries: Map<string, Uint8Array>
  checkpoint: number | undefined
}

/**
 * Key-value stores in plain maps, for tests of the runtime itself. The backend is the disk: opening a directory again finds what was
 * committed there, and nothing else, as after a crash.
 */
export class MapStoreBackend implements StoreBackend {
  readonly #disks = new Map<string, Map<string, Disk>>()
  readonly #open = new Set<string>()

  async open(options: OpenTaskStores): Promise<TaskStores> {
    const { directory } = options
    if (this.#open.has(directory)) throw locked(directory)
    this.#open.add(directory)
    let disks = this.#disks.get(directory)
    if (disks === undefined) {
      disks = new Map()
      this.#disks.set(directory, disks)
    }
    const stores = new Map<string, MapStore>()
    for (const spec of options.specs) {
      let disk = disks.get(spec.name)
      if (disk === undefined || !spec.persistent)
        disk = { entries: new Map(), checkpoint: undefined }
      disks.set(spec.name, disk)
      stores.set(spec.name, new MapStore(spec, disk))
    }
    return new MapTaskStores(stores, () => this.#open.delete(directory))
  }

  async wipe(directory: string): Promise<void> {
    if (this.#open.has(directory)) throw locked(directory)
    this.#disks.delete(directory)
  }
}

class MapTaskStores implements TaskStores {
  readonly overlayFull = false
  readonly #stores: ReadonlyMap<string, MapStore>
  readonly #release: () => void

  constructor(stores: ReadonlyMap<string, MapStore>, release: () => void) {
    this.#stores = stores
    this.#release = release
  }

  get names(): readonly string[] {
    return [...this.#stores.keys()]
  }

  get(name: string): ManagedStore {
    const store = this.#stores.get(name)
    if (store === undefined) throw new Error(`no store ${name}`)
    return store
  }

  commit(positions: ReadonlyMap<string, number>): void {
    for (const [name, store] of this.#stores) store.commit(positions.get(name))
  }

  discard(): void {
    for (const store of this.#stores.values()) store.discard()
  }

  async close(): Promise<void> {
    this.#release()
  }
}

class MapStore implements ManagedStore, KeyValueStore<unknown, unknown> {
  readonly spec: StoreSpec
  readonly name: string
  readonly #disk: Disk
  readonly #overlay = new Map<string, Uint8Array | null>()

  constructor(spec: StoreSpec, disk: Disk) {
    this.spec = spec
    this.name = spec.name
    this.#disk = disk
  }

  get store(): KeyValueStore<unknown, unknown> {
    return this
  }

  get committed(): KeyValueStore<unknown, unknown> {
    return new MapStore(this.spec, this.#disk)
  }

  get changeCount(): number {
    return this.#overlay.size
  }

  *changes(): Iterable<StoreChange> {
    for (const [key, value] of this.#overlay) yield { key: Buffer.from(key, 'hex'), value }
  }

  checkpoint(): number | undefined {
    return this.#disk.checkpoint
  }

  restore(records: readonly LogRecord[], nextOffset: number): void {
    for (const { key, value } of records) {
      if (key !== null) this.#apply(Buffer.from(key).toString('hex'), value)
    }
    this.#disk.checkpoint = nextOffset
  }

  commit(position: number | undefined): void {
    for (const [key, value] of this.#overlay) this.#apply(key, value)
    this.#overlay.clear()
    if (position !== undefined) this.#disk.checkpoint = position
  }

  discard(): void {
    this.#overlay.clear()
  }

  digest(): StoreDigest {
    const hash = createHash('md5')
    for (const key of [...this.#disk.entries.keys()].sort()) {
      hash.update(key).update(this.#disk.entries.get(key) ?? new Uint8Array())
    }
    return { entries: this.#disk.entries.size, digest: hash.digest('hex') }
  }

  sizeBytes(): number {
    return 0
  }

  get(key: unknown): unknown {
    const id = this.#id(key)
    const changed = this.#overlay.get(id)
    if (changed === null) return undefined
    const bytes = changed ?? this.#disk.entries.get(id)
    return bytes === undefined ? undefined : this.spec.valueSerde.deserialize(this.name, bytes)
  }

  put(key: unknown, value: unknown): void {
    this.#overlay.set(this.#id(key), this.spec.valueSerde.serialize(this.name, value))
  }

  putIfAbsent(key: unknown, value: unknown): unknown {
    const present = this.get(key)
    if (present === undefined) this.put(key, value)
    return present
  }

  delete(key: unknown): unknown {
    const present = this.get(key)
    this.#overlay.set(this.#id(key), null)
    return present
  }

  range(from: unknown, to: unknown): KeyValueIterator<unknown, unknown> {
    const low = from === undefined ? '' : this.#id(from)
    const high = to === undefined ? undefined : this.#id(to)
    return this.#scan((id) => id >= low && (high === undefined || id <= high), false)
  }

  reverseRange(from: unknown, to: unknown): KeyValueIterator<unknown, unknown> {
    return iterate([...this.range(from, to)].reverse())
  }

  prefixScan(prefix: Uint8Array): KeyValueIterator<unknown, unknown> {
    const text = Buffer.from(prefix).toString('hex')
    return this.#scan((id) => id.startsWith(text), false)
  }

  all(): KeyValueIterator<unknown, unknown> {
    return this.#scan(() => true, false)
  }

  reverseAll(): KeyValueIterator<unknown, unknown> {
    return this.#scan(() => true, true)
  }

  approximateNumEntries(): number {
    return this.#disk.entries.size
  }

  #scan(matches: (id: string) => boolean, reverse: boolean): KeyValueIterator<unknown, unknown> {
    const ids = new Set([...this.#disk.entries.keys(), ...this.#overlay.keys()])
    const entries: (readonly [unknown, unknown])[] = []
    for (const id of [...ids].filter(matches).sort()) {
      const key = this.spec.keySerde.deserialize(this.name, Buffer.from(id, 'hex'))
      const value = this.get(key)
      if (value !== undefined) entries.push([key, value])
    }
    return iterate(reverse ? entries.reverse() : entries)
  }

  #id(key: unknown): string {
    return Buffer.from(this.spec.keySerde.serialize(this.name, key)).toString('hex')
  }

  #apply(key: string, value: Uint8Array | null): void {
    if (value === null) this.#disk.entries.delete(key)
    else this.#disk.entries.set(key, value)
  }
}

function iterate(
  entries: readonly (readonly [unknown, unknown])[],
): KeyValueIterator<unknown, unknown> {
  const inner = entries[Symbol.iterator]()
  return {
    next: () => {
      const step = inner.next()
      return step.done ? { done: true, value: undefined } : { done: false, value: step.value }
    },
    close: () => {},
    [Symbol.iterator]: () => entries[Symbol.iterator](),
  }
}

function locked(directory: string): StreamsError {
  return new StreamsError(
    'STORE_LOCKED',
    'the stores of this task are open',
    { path: directory },
    'Close them first.',
  )
}
