import type { Clock } from './clock.ts'
import { StreamsError } from './errors.ts'
import type { Log } from './log/log.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import type { RestoreListener } from './restore/changelog-restorer.ts'
import type { StoreBackend } from './store.ts'
import type { CommitProbe } from './task/commit-point.ts'
import type { DeadLetterEncoder } from './task/dead-letter.ts'
import type { DeadLetterDropped } from './task/drop-policy.ts'
import { type FailureHandlers, handlerFaults } from './task/handlers.ts'
import type { Timers } from './timers.ts'
import type { Topology } from './topology.ts'
import { hostOf } from './worker/group-view.ts'
import type { Guarantee, ThreadLimits } from './worker/thread-context.ts'

/** What becomes of an application one of whose threads has failed. `shutdown-client` unless given. */
export type UncaughtDecision =
  | 'replace-thread'
  | 'shutdown-client'
  /** Every instance of the application stops in ERROR, told through the group. */
  | 'shutdown-application'

export interface StreamsOptions extends Partial<StreamsLimits> {
  readonly topology: Topology
  /** Names the consumer group, internal topics, transactional ids and the state directory. Never changes. */
  readonly applicationId: string
  /** Names this instance's threads and its requests to the log; the application id unless given. Differs between instances of one process. */
  readonly clientId?: string
  readonly log: Log
  readonly stores: StoreBackend
  /** State lies in `<directory>/<applicationId>/<taskId>`. */
  readonly directory: string
  readonly clock: Clock
  /** How the instance waits; the system's timers unless given. */
  readonly timers?: Timers
  readonly logger: Logger
  readonly metrics: Metrics
  /** `exactly_once_v2` and `exactly_once` mean the same here: a transaction per task. Default `exactly_once_v2`. */
  readonly guarantee?: 'exactly_once_v2' | Guarantee
  readonly handlers?: FailureHandlers
  readonly deadLetter?: DeadLetterEncoder
  /**
   * Records that are left out for these reasons go to the dead-letter topic as well, with the code `DROPPED_<REASON>`. Default none: they are
   * counted and told in the log.
   */
  readonly deadLetterDropped?: DeadLetterDropped
  /** `host:port` under which other instances reach this one's queries. Told to the whole group. */
  readonly applicationServer?: string
  /**
   * Makes the instance a static member of its group: stopped and started again within `sessionTimeoutMs` it has its tasks again, without a
   * rebalance. Different for each instance.
   */
  readonly groupInstanceId?: string
  /** Under which the group knows this instance's state. Kept in the state directory unless given. */
  readonly processId?: string
  readonly onUncaughtError?: UncaughtDecision | ((error: unknown) => UncaughtDecision)
  readonly restoreListener?: RestoreListener
  /**
   * Each transaction also tells `<application.id>-schedule` how it came about, so that `replay` can repeat it exactly. Default true. Repartition
   * topics are then kept as long as the schedule.
   */
  readonly exactReplay?: boolean
  /** How long the schedule is kept, in ms; -1, the default, for ever. Decided when the topic is made. */
  readonly scheduleRetentionMs?: number
  /** Bytes of one partition of the schedule; -1, the default, is no bound. Decided when the topic is made. */
  readonly scheduleRetentionBytes?: number
  /** Called at the points of a commit, for crash tests. */
  readonly probe?: CommitProbe
}

export interface StreamsLimits extends ThreadLimits {
  /** State that nobody needs any more is removed when the group has said so for this long. */
  readonly stateCleanupDelayMs: number
  /** Stream threads of this instance. */
  readonly threads: number
  /**
   * What the record caches of all tasks of this instance hold, bytes. At this much a task commits early; 0 is off: every update of a
   * table is forwarded at once.
   */
  readonly recordCacheBytesMax: number
  /** Records kept on a repartition topic behind what its readers have committed; older ones are deleted. */
  readonly repartitionKeptRecords: number
  /** Threads replaced one after the other without a minute's peace in between; then the instance stops. */
  readonly threadReplacementsMax: number
}

interface LimitOption {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly doc: string
}

const MEBIBYTE = 1024 * 1024

/** Every limit with its default and bounds; the reference page and the start-up check derive from it. */
export const STREAMS_LIMITS: Readonly<Record<keyof StreamsLimits, LimitOption>> = {
  threads: { default: 1, min: 1, max: 64, doc: 'Stream threads of this instance.' },
  recordCacheBytesMax: {
    default: 10 * MEBIBYTE,
    min: 0,
    max: 64 * 1_024 * MEBIBYTE,
    doc: 'Bytes of updates that wait for the commit in all record caches of this instance; at this much a task commits early. 0 forwards every update of a table at once.',
  },
  commitIntervalMs: {
    default: 100,
    min: 1,
    max: 60_000,
    doc: 'Longest time between the first record of a transaction and its commit, in ms. Lower is fresher; higher is cheaper.',
  },
  drainedCommitSpacingMs: {
    default: 5,
    min: 0,
    max: 60_000,
    doc: 'A task whose input is drained commits at once, but not sooner than this after its last commit, nor sooner than that one took, in ms.',
  },
  maxTaskIdleMs: {
    default: 0,
    min: -1,
    max: 3_600_000,
    doc: 'How long a task waits for an empty input before it goes on with the others, in ms. 0 waits for what the log is known to hold; -1 never waits.',
  },
  bufferedRecordsMax: {
    default: 5_000,
    min: 1,
    max: 1_000_000,
    doc: 'Fetched records of one partition that wait; fetching pauses there until half are processed.',
  },
  pollRecordsMax: {
    default: 5_000,
    min: 1,
    max: 1_000_000,
    doc: 'Records taken from the log in one turn.',
  },
  batchRecordsMax: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    doc: 'Records that one task processes before another gets its turn.',
  },
  transactionRecordsMax: {
    default: 50_000,
    min: 1,
    max: 10_000_000,
    doc: 'Taken or written records at which a task commits early.',
  },
  transactionBytesMax: {
    default: 16 * MEBIBYTE,
    min: 1_024,
    max: 1_024 * MEBIBYTE,
    doc: 'Written bytes at which a task commits early.',
  },
  recordBytesMax: {
    default: 1_000_000,
    min: 1_024,
    max: 64 * MEBIBYTE,
    doc: 'Key and value of one written record, bytes; larger ones go to the production handler.',
  },
  overlayBytesMax: {
    default: 16 * MEBIBYTE,
    min: 1_024,
    max: 1_024 * MEBIBYTE,
    doc: 'Uncommitted bytes in the stores of one task at which it commits early.',
  },
  transactionTimeoutMs: {
    default: 60_000,
    min: 1_000,
    max: 900_000,
    doc: 'The log aborts a transaction that is open for longer, in ms.',
  },
  sessionTimeoutMs: {
    default: 10_000,
    min: 1_000,
    max: 300_000,
    doc: 'A thread that the group does not hear of for this long loses its tasks, in ms.',
  },
  numStandbyReplicas: {
    default: 0,
    min: 0,
    max: 10,
    doc: 'Instances that follow the state of each task beside the one that runs it.',
  },
  acceptableRecoveryLag: {
    default: 10_000,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    doc: 'Changelog records that an instance may be behind and still get a task at once.',
  },
  maxWarmupReplicas: {
    default: 2,
    min: 1,
    max: 1_000,
    doc: 'Tasks of the group whose state is brought to a new instance at a time, while the old one goes on.',
  },
  probingRebalanceIntervalMs: {
    default: 600_000,
    min: 100,
    max: 86_400_000,
    doc: 'While state is brought to new instances the group is asked this often whether tasks may move, in ms.',
  },
  stateCleanupDelayMs: {
    default: 600_000,
    min: 0,
    max: 30 * 86_400_000,
    doc: 'Local state that other instances have made dispensable is removed after this time, in ms.',
  },
  repartitionKeptRecords: {
    default: 100_000,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    doc: 'Records kept per partition of a repartition topic behind what was committed.',
  },
  threadReplacementsMax: {
    default: 10,
    min: 0,
    max: 1_000,
    doc: 'Threads replaced in a row before the instance stops.',
  },
}

/** @throws {StreamsError} STREAMS_INVALID_OPTION with every option that is out of bounds */
export function limitsOf(options: StreamsOptions): StreamsLimits {
  const faults: string[] = []
  const value = (name: keyof StreamsLimits): number => {
    const { default: fallback, min, max } = STREAMS_LIMITS[name]
    const given = options[name] ?? fallback
    if (!Number.isInteger(given) || given < min || given > max) {
      faults.push(`${name} is ${given}, not a whole number from ${min} to ${max}`)
    }
    return given
  }
  const limits: StreamsLimits = {
    threads: value('threads'),
    recordCacheBytesMax: value('recordCacheBytesMax'),
    commitIntervalMs: value('commitIntervalMs'),
    drainedCommitSpacingMs: value('drainedCommitSpacingMs'),
    maxTaskIdleMs: value('maxTaskIdleMs'),
    bufferedRecordsMax: value('bufferedRecordsMax'),
    pollRecordsMax: value('pollRecordsMax'),
    batchRecordsMax: value('batchRecordsMax'),
    transactionRecordsMax: value('transactionRecordsMax'),
    transactionBytesMax: value('transactionBytesMax'),
    recordBytesMax: value('recordBytesMax'),
    overlayBytesMax: value('overlayBytesMax'),
    transactionTimeoutMs: value('transactionTimeoutMs'),
    sessionTimeoutMs: value('sessionTimeoutMs'),
    numStandbyReplicas: value('numStandbyReplicas'),
    acceptableRecoveryLag: value('acceptableRecoveryLag'),
    maxWarmupReplicas: value('maxWarmupReplicas'),
    probingRebalanceIntervalMs: value('probingRebalanceIntervalMs'),
    stateCleanupDelayMs: value('stateCleanupDelayMs'),
    repartitionKeptRecords: value('repartitionKeptRecords'),
    threadReplacementsMax: value('threadReplacementsMax'),
  }
  if (!/^[A-Za-z0-9._-]{1,180}$/.test(options.applicationId)) {
    faults.push(`applicationId "${options.applicationId}" is not made of letters, digits, . _ -`)
  }
  if (limits.commitIntervalMs >= limits.transactionTimeoutMs) {
    faults.push('commitIntervalMs is not below transactionTimeoutMs')
  }
  for (const name of ['scheduleRetentionMs', 'scheduleRetentionBytes'] as const) {
    const given = options[name] ?? -1
    if (!Number.isInteger(given) || given < -1)
      faults.push(`${name} is ${given}, neither -1 nor a whole number above`)
  }
  const { applicationServer, groupInstanceId, processId } = options
  if (applicationServer !== undefined && hostOf(applicationServer) === undefined) {
    faults.push(`applicationServer "${applicationServer}" is not host:port`)
  }
  for (const [name, id] of Object.entries({ groupInstanceId, processId })) {
    if (id === undefined || /^[A-Za-z0-9._-]{1,180}$/.test(id)) continue
    faults.push(`${name} "${id}" is not made of letters, digits, . _ -`)
  }
  const { deadLetterDropped = [], deadLetter } = options
  if (deadLetterDropped.length > 0 && deadLetter === undefined) {
    faults.push('deadLetterDropped is given without deadLetter')
  }
  faults.push(...handlerFaults(options.handlers ?? {}))
  if (faults.length === 0) return limits
  throw new StreamsError(
    'STREAMS_INVALID_OPTION',
    faults.join('; '),
    {},
    'Correct the options of the application.',
  )
}
