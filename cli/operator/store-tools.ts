import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { StreamsError, type Topology } from '#streams'
import type { Log } from '#streams/log'
import { type ChangelogStore, openChangelogStore } from '#streams/tools'
import type { Topics } from '#topics'
import { applicationId } from '../start/open-topology.ts'
import type {
  StoreArgs,
  StoreChecksum,
  StoreComparison,
  StoreRangeArgs,
  StoreRow,
  StoreSummary,
} from './operator.ts'
import { isGlobal, type StoreAccess, specOf } from './store-access.ts'
import { type KeptPart, keptPart, type ScanRange } from './store-reading.ts'
import { buildTopology, unknownTopology } from './topology-tools.ts'

const KEY_ROWS_MAX = 1_000
/** How often a comparison looks again while the store goes on. */
const COMPARISONS_MAX = 50

export interface StoreToolsOptions {
  readonly env: string
  readonly log: Log
  readonly topics: Topics
  readonly stores: StoreAccess
}

/** What the operator asks of stores: of those that are open here, or of copies made from their changelogs. */
export class StoreTools {
  readonly #options: StoreToolsOptions

  constructor(options: StoreToolsOptions) {
    this.#options = options
  }

  async *list({ topology }: { readonly topology?: string }): AsyncIterable<StoreSummary> {
    const { stores: access } = this.#options
    const known = access.topologies()
    if (topology !== undefined && !known.some(({ name }) => name === topology))
      throw unknownTopology(
        topology,
        known.map(({ name }) => name),
      )
    for (const { name, subTopologies, globalStores } of known) {
      if (topology !== undefined && topology !== name) continue
      for (const { stores } of subTopologies) {
        for (const { name: store, kind } of stores) {
          const parts = await access.parts({ topology: name, store })
          yield { topology: name, store, kind, partitions: parts.length }
        }
      }
      for (const { store } of globalStores)
        yield { topology: name, store: store.name, kind: `global ${store.kind}`, partitions: 1 }
    }
  }

  async *get({ key, ...args }: StoreRangeArgs & { readonly key: string }): AsyncIterable<StoreRow> {
    yield* this.#scan(args, { ...args, from: key, to: key, limit: KEY_ROWS_MAX })
  }

  async *range(args: StoreRangeArgs & { readonly limit: number }): AsyncIterable<StoreRow> {
    yield* this.#scan(args, args)
  }

  async *checksum(args: StoreArgs): AsyncIterable<StoreChecksum> {
    if (args.fromChangelog !== true) {
      yield* keptHere(await this.#options.stores.checksums(args), args)
      return
    }
    const copy = await this.#openCopy(args)
    try {
      yield* checksumsOf(args.store, copy.store)
    } finally {
      await copy.close()
    }
  }

  /** The stores against copies made from their changelogs; a store that goes on is looked at again until both stand at the same place. */
  async *compare(args: StoreArgs): AsyncIterable<StoreComparison> {
    const copy = await this.#openCopy(args)
    try {
      for (let round = 1; ; round += 1) {
        const found = keptHere(await this.#options.stores.checksums(args), args)
        const moved = await copy.store.catchUp()
        if (moved && round < COMPARISONS_MAX) continue
        const copies = checksumsOf(args.store, copy.store)
        for (const one of found) {
          const other = copies.find(({ partition }) => partition === one.partition)
          const { entries = 0, digest = '' } = other ?? {}
          const equal = one.entries === entries && one.digest === digest
          const result = equal ? 'equal' : moved ? 'moving' : 'differs'
          yield { ...one, changelogEntries: entries, changelogDigest: digest, result }
        }
        return
      }
    } finally {
      await copy.close()
    }
  }

  async *#scan(args: StoreArgs, range: ScanRange): AsyncIterable<StoreRow> {
    const { stores } = this.#options
    const copy = args.fromChangelog === true ? await this.#openCopy(args) : undefined
    try {
      const parts: readonly KeptPart[] =
        copy === undefined
          ? keptHere(await stores.parts(args), args)
          : copy.store.parts.map(({ partition, store: { spec, store } }) =>
              keptPart({ partition, spec, store }),
            )
      let left = range.limit
      for (const part of parts) {
        for (const row of await part.scan({ ...range, limit: left })) {
          yield row
          left -= 1
        }
        if (left <= 0) return
      }
    } finally {
      await copy?.close()
    }
  }

  async #openCopy({ topology: name, store, partition }: StoreArgs): Promise<{
    readonly store: ChangelogStore
    close(): Promise<void>
  }> {
    const { env, log, topics } = this.#options
    const topology = buildTopology(name, topics)
    const spec = specOf(topology, store)
    if (isGlobal(topology, store)) throw filledFromTopic(topology, store)
    const directory = mkdtempSync(join(tmpdir(), 'orion-store-'))
    const remove = (): void => rmSync(directory, { recursive: true, force: true })
    try {
      const copy = await openChangelogStore({
        log,
        applicationId: applicationId(env, name),
        spec,
        directory,
        stores: createStoreBackend(rocksdbEngine()),
        ...(partition === undefined ? {} : { partition }),
      })
      return {
        store: copy,
        close: async () => {
          await copy.close()
          remove()
        },
      }
    } catch (error) {
      remove()
      throw error
    }
  }
}

/** @throws {StreamsError} STORE_NOT_HERE */
function keptHere<Part extends { readonly partition: number }>(
  parts: readonly Part[],
  args: StoreArgs,
): readonly Part[] {
  const found = parts.filter(({ partition }) => partition === (args.partition ?? partition))
  if (found.length === 0) throw notHere(args)
  return found
}

function checksumsOf(store: string, { parts }: ChangelogStore): StoreChecksum[] {
  return parts.map(({ partition, store: managed }) => ({
    store,
    partition,
    ...managed.digest(),
    offset: managed.checkpoint() ?? -1,
  }))
}

function filledFromTopic({ name, globalStores }: Topology, store: string): StreamsError {
  const topic = globalStores.find((one) => one.store.name === store)?.topic
  return new StreamsError(
    'STORE_IS_GLOBAL',
    `${name}/${store} has no changelog: every instance fills it from ${topic}`,
    {},
    `Read what is kept here (leave --from-changelog and --compare out), or orion topics tail ${topic} --from earliest`,
  )
}

function notHere({ topology, store, partition }: StoreArgs): StreamsError {
  return new StreamsError(
    'STORE_NOT_HERE',
    partition === undefined
      ? `no partition of ${topology}/${store} is kept here`
      : `partition ${partition} of ${topology}/${store} is not kept here`,
    {},
    'Ask where it is kept, or read a copy of its changelog: --from-changelog',
  )
}
