import { type Dirent, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#streams'
import type { EmbeddedLog, NewTopic } from '#streams/log'

const LOOK_MS = 2_000
/** Every file is looked at, which costs: with much room left, less often. */
const LOOK_WITH_ROOM_MS = 10_000
const USED_WITH_ROOM = 0.5
/** Above this part of the bound the topics' budgets shrink, below the lower one they grow back. */
const USED_HIGH = 0.8
const USED_LOW = 0.7
const SHRINK = 0.85
const GROW = 1.02
const SCALE_MIN = 0.1
/** Above this part the feed is slowed: the engine gives space back some time after records are deleted, and only while others are written. */
const USED_PRESSING = 0.87
const HOLD_MS = 2_000
/** A reader that has this part of a topic unread is waited for: what goes over the bound would be gone before it comes. */
const UNREAD_HIGH = 0.4
const UNREAD_HOLD_MS = 5_000
/** Less than this would delete records before their readers see them. */
const PARTITION_BYTES_MIN = 256 * 1024

export interface DiskGuardOptions {
  readonly log: EmbeddedLog
  /** Topics with their budgets when nothing presses. */
  readonly topics: readonly NewTopic[]
  /** Of all changelogs together. They keep the last record of each key in any case, and are compacted early beyond it. */
  readonly changelogBytesMax: number
  /** Of all schedules of exact replays together: the oldest transactions go first, and runs before them are replayed in timestamp order only. */
  readonly scheduleBytesMax: number
  /** All of it counts. */
  readonly dataDir: string
  readonly bytesMax: number
  /** Groups that a feed without a clock of its own must not outrun, with their topics. */
  readonly readers: readonly { readonly groupId: string; readonly topics: readonly string[] }[]
  readonly logger: Logger
}

/**
 * Keeps the data directory below its bound: gives every topic of the embedded log its budget, those that exist already too, and makes the
 * budgets smaller while the whole of log, stores and ClickHouse comes near the bound on disk. Nearer still, it slows the feed.
 */
export class DiskGuard {
  readonly #options: DiskGuardOptions
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #scale = 1
  #used = 0

  constructor(options: DiskGuardOptions) {
    this.#options = options
  }

  /** Once the topologies have made their changelogs. */
  async start(): Promise<void> {
    await this.#bound()
    await this.look()
    this.#lookLater()
  }

  #lookLater(): void {
    if (this.#closed) return
    const look = () =>
      this.look()
        .catch((error: unknown) =>
          this.#options.logger.warn({ error: String(error) }, 'disk use could not be looked at'),
        )
        .finally(() => this.#lookLater())
    this.#timer = setTimeout(look, this.#used < USED_WITH_ROOM ? LOOK_WITH_ROOM_MS : LOOK_MS)
    this.#timer.unref()
  }

  /** As of the last look. */
  get usedBytes(): number {
    return this.#used * this.#options.bytesMax
  }

  async look(): Promise<void> {
    const { dataDir, bytesMax, logger } = this.#options
    const usedBytes = await allocatedBytes(dataDir)
    const used = usedBytes / bytesMax
    if (used > 1 && this.#used <= 1)
      logger.error(
        { usedBytes, bytesMax },
        'more disk is used than --disk-max allows: the oldest records are being deleted, the feed is slowed',
      )
    this.#used = used
    const scale = nextScale(this.#scale, used)
    if (scale === this.#scale) return
    this.#scale = scale
    logger.info({ usedBytes, bytesMax, scale }, 'budgets of the topics follow the disk in use')
    await this.#bound()
  }

  /**
   * How long a feed is to wait before its next batch, in ms. A feed that runs as fast as it can waits for its readers too; a live one does
   * not, whatever is down.
   */
  holdMs(feed: 'live' | 'as-fast-as-possible'): number {
    if (feed === 'as-fast-as-possible' && this.#outrun()) return UNREAD_HOLD_MS
    return this.#used > USED_PRESSING ? HOLD_MS : 0
  }

  #outrun(): boolean {
    const { log, readers } = this.#options
    return readers.some(({ groupId, topics }) =>
      topics.some((topic) => log.unreadPart(topic, groupId) > UNREAD_HIGH),
    )
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #bound(): Promise<void> {
    const { topics, changelogBytesMax, scheduleBytesMax } = this.#options
    for (const { topic, retentionBytes } of topics) this.#alter(topic, retentionBytes)
    await this.#share('-changelog', changelogBytesMax)
    await this.#share('-schedule', scheduleBytesMax)
  }

  /** Topics that end so, each partition alike. */
  async #share(ending: string, bytesMax: number): Promise<void> {
    const { admin } = this.#options.log
    const names = (await admin.listTopics()).filter((name) => name.endsWith(ending))
    const some = await admin.describeTopics(names)
    const partitions = some.reduce((sum, { partitions: count }) => sum + count, 0)
    for (const { topic } of some) this.#alter(topic, bytesMax / partitions)
  }

  #alter(topic: string, budgetBytes: number): void {
    const retentionBytes = Math.max(PARTITION_BYTES_MIN, Math.floor(budgetBytes * this.#scale))
    this.#options.log.alterTopic(topic, { retentionBytes })
  }
}

/** Part of their budgets that topics get next, by the part of the bound that is in use. */
export function nextScale(scale: number, used: number): number {
  if (used > USED_HIGH) return Math.max(SCALE_MIN, scale * SHRINK)
  if (used < USED_LOW) return Math.min(1, scale * GROW)
  return scale
}

/** Blocks that the file system has given to all files below; those that go away meanwhile count nothing. Other work goes on in between. */
export async function allocatedBytes(directory: string): Promise<number> {
  const counted = new Set<number>()
  const walk = async (path: string): Promise<number> => {
    let bytes = 0
    for (const entry of await entriesOf(path)) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) bytes += await walk(child)
      if (!entry.isFile()) continue
      const stat = statSync(child, { throwIfNoEntry: false })
      if (stat === undefined || counted.has(stat.ino)) continue
      // ClickHouse's parts share files by hard links.
      if (stat.nlink > 1) counted.add(stat.ino)
      bytes += stat.blocks * 512
    }
    return bytes
  }
  return walk(directory)
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch {
    return []
  }
}
