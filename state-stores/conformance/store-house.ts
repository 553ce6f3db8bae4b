import type {
  KeyValueStore,
  KeyValueStoreSpec,
  OpenTaskStores,
  Serde,
  SessionStoreSpec,
  StoreBackend,
  TaskStores,
  VersionedStoreSpec,
  WindowStore,
  WindowStoreSpec,
} from '#streams'
import type { LogRecord } from '#streams/log'

export interface BackendUnderTest {
  readonly backend: StoreBackend
  /** A directory that no other test uses. */
  readonly newDirectory: () => string
}

export const stringSerde: Serde<string> = {
  serialize: (_topic, value) => new TextEncoder().encode(value),
  deserialize: (_topic, bytes) => new TextDecoder().decode(bytes),
}

export const balances: KeyValueStoreSpec<string, string> = {
  kind: 'key-value',
  name: 'balances',
  keySerde: stringSerde,
  valueSerde: stringSerde,
  logged: true,
  persistent: true,
}

/** A segment is half of the retention, so what is visible spans up to three of them. */
export const sums: WindowStoreSpec<string, string> = {
  ...balances,
  kind: 'window',
  name: 'sums',
  windowSizeMs: 10_000,
  retentionMs: 180_000,
}

export const sessions: SessionStoreSpec<string, string> = {
  ...balances,
  kind: 'session',
  name: 'sessions',
  retentionMs: 180_000,
}

export const prices: VersionedStoreSpec<string, string> = {
  ...balances,
  kind: 'versioned',
  name: 'prices',
  historyRetentionMs: 180_000,
}

export const MINUTE = 60_000
/** Of windows and sessions. */
export const SEGMENT_MS = 90_000
/** The start of a segment. */
export const BASE = 1_700_000_040_000

/** The stores that a test works on: the suite opens them before it and wipes them after it. */
export class StoreHouse {
  #made: (BackendUnderTest & { readonly directory: string }) | undefined
  #stores: TaskStores | undefined

  use(made: BackendUnderTest): void {
    this.#made = { ...made, directory: made.newDirectory() }
  }

  get backend(): StoreBackend {
    return present(this.#made).backend
  }

  get directory(): string {
    return present(this.#made).directory
  }

  get stores(): TaskStores {
    return present(this.#stores)
  }

  set stores(stores: TaskStores) {
    this.#stores = stores
  }

  open(options: Partial<OpenTaskStores> = {}): Promise<TaskStores> {
    const specs = [balances, sums]
    const { directory } = this
    return this.backend.open({
      directory,
      taskId: '0_1',
      specs,
      overlayBytesMax: 10_000,
      ...options,
    })
  }

  async reopen(options: Partial<OpenTaskStores> = {}): Promise<void> {
    await this.stores.close()
    this.stores = await this.open(options)
  }

  keyValue(): KeyValueStore<string, string> {
    return this.stores.get('balances').store as KeyValueStore<string, string>
  }

  window(): WindowStore<string, string> {
    return this.stores.get('sums').store as WindowStore<string, string>
  }

  /** As the runtime does it: changes are read for the log before. */
  commit(positions: Record<string, number> = {}): void {
    for (const name of this.stores.names) for (const _ of this.stores.get(name).changes());
    this.stores.commit(new Map(Object.entries(positions)))
  }

  changes(store: string): string[] {
    return [...this.stores.get(store).changes()].map(({ key, value }) => {
      const text = value === null ? 'null' : stringSerde.deserialize('', value)
      return `${stringSerde.deserialize('', key)}=${text}`
    })
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the stores are not open yet')
  return value
}

export function record(offset: number, key: string, value: string | null): LogRecord {
  return {
    offset,
    timestampMs: BASE,
    key: stringSerde.serialize('', key),
    value: value === null ? null : stringSerde.serialize('', value),
    headers: [],
  }
}
