import type { Metrics } from '../metrics.ts'
import type { StoreBackend } from '../store.ts'
import type { DeadLetterEncoder } from '../task/dead-letter.ts'
import type { DeadLetterDropped } from '../task/drop-policy.ts'
import type { FailureHandlers } from '../task/handlers.ts'
import type { Topology } from '../topology.ts'

export interface TopologyTestDriverOptions {
  readonly topology: Topology
  /** Stores of the tasks; pass a backend on the memory engine unless the test is about another. */
  readonly stores: StoreBackend
  readonly applicationId?: string
  /** Partitions of every external topic, or by topic; 1 unless given. */
  readonly partitions?: number | Readonly<Record<string, number>>
  readonly initialWallClockMs?: number
  readonly handlers?: FailureHandlers
  /** Dead letters are kept in `deadLetters` in any case; with an encoder they are written to its topic, too. */
  readonly deadLetter?: DeadLetterEncoder
  /** As in an application: dropped records that are dead-lettered. */
  readonly deadLetterDropped?: DeadLetterDropped
  readonly metrics?: Metrics
  readonly maxTaskIdleMs?: number
  /** As in an application; but 0, off, unless given. */
  readonly recordCacheBytesMax?: number
  /**
   * `each-record`, the default: a task commits after each record, and at each advance of the wall clock. `manual`: when the test says so
   * (`commit`), when a processor asks for it, or when the record caches are full; until then nothing is produced.
   */
  readonly commit?: 'each-record' | 'manual'
  /** Of the stores; a temporary one, removed at close, unless given. */
  readonly directory?: string
}

export interface RestartOptions {
  /** True: as after kill -9, what is not committed is lost and its inputs are taken again. False: everything is committed first. */
  readonly crash?: boolean
  /** Local state is deleted: stores are rebuilt from their changelogs, global ones from their topics. */
  readonly wipe?: boolean
}
