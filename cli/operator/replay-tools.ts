import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { type ReplayOptions, replay, StreamsError, whatIf } from '#streams'
import type { LogRecord, TopicPartition } from '#streams/log'
import { deadLetterEncoder } from '../start/dead-letters.ts'
import { applicationId, FAILURE_HANDLERS } from '../start/open-topology.ts'
import { VERSION } from '../version.ts'
import { streamed } from './streamed.ts'
import { partitionsOf } from './topic-reading.ts'
import { buildTopology, type TopologyToolsOptions } from './topology-tools.ts'

export interface TopologyReplayArgs {
  readonly topology: string
  readonly fromMs?: number
  readonly toMs?: number
  /** Outputs are also written under this application id. */
  readonly shadow?: string
  readonly changes?: readonly RecordChange[]
  readonly dryRun: boolean
}

/** One record of an input that is to be otherwise in a what-if replay. */
export interface RecordChange extends TopicPartition {
  readonly offset: number
  readonly action: 'remove' | 'replace'
  /** Of a replacement; what is left out stays. */
  readonly key?: string
  readonly valueBase64?: string
  readonly timestampMs?: number
}

/** A line of a replay's report. */
export type ReplayRow =
  | { readonly row: 'plan' | 'note' | 'progress'; readonly what: string }
  | {
      readonly row: 'store'
      readonly store: string
      readonly partition: number
      readonly recordedEntries: number | null
      readonly replayedEntries: number
      /** Of what the replay has in it, as `orion store checksum` prints it; not of a what-if replay. */
      readonly digest?: string
      readonly result: 'equal' | 'differs' | 'not compared'
    }
  | {
      readonly row: 'output'
      readonly topic: string
      readonly task: string
      readonly equal: number
      readonly changed: number
      readonly missing: number
      readonly added: number
      readonly notHeld: number
    }
  | { readonly row: 'difference'; readonly what: string }
  | { readonly row: 'result'; readonly mode: string; readonly isEqual: boolean }

const PROGRESS_EVERY = 1_000

/** Runs a topology again as it was recorded, or with records that are otherwise, in stores of its own that are deleted afterwards. */
export async function* replayTopology(
  options: TopologyToolsOptions,
  args: TopologyReplayArgs,
): AsyncIterable<ReplayRow> {
  if (args.dryRun) {
    yield* plan(options, args)
    return
  }
  const directory = mkdtempSync(join(tmpdir(), 'orion-replay-'))
  try {
    yield* streamed<ReplayRow>((emit) =>
      args.changes === undefined
        ? runReplay(optionsOf(options, args, directory, emit), args, emit)
        : runWhatIf(optionsOf(options, args, directory, emit), args.changes, emit),
    )
  } finally {
    if (existsSync(directory)) rmSync(directory, { recursive: true, force: true })
  }
}

async function* plan(
  { env, log, topics }: TopologyToolsOptions,
  { topology: name, shadow, changes }: TopologyReplayArgs,
): AsyncIterable<ReplayRow> {
  buildTopology(name, topics)
  const application = applicationId(env, name)
  const topic = `${application}-schedule`
  const said = (what: string): ReplayRow => ({ row: 'plan', what })
  if ((await log.admin.listTopics()).includes(topic)) {
    const places = await partitionsOf(log, topic)
    const [starts, ends] = await Promise.all([
      log.admin.offsets(places, 'earliest'),
      log.admin.offsets(places, 'stable'),
    ])
    const count = ends.reduce((sum, end, index) => sum + end - (starts[index] ?? 0), 0)
    yield said(`replay the ${count} entries of ${topic} from the first one`)
  } else
    yield said(`there is no ${topic}: replay the inputs in timestamp order, which is not exact`)
  yield said(`into temporary stores; nothing that ${application} keeps is touched`)
  if (shadow !== undefined) yield said(`write outputs to topics that begin with ${shadow}-`)
  if (changes !== undefined) yield said(`with ${changes.length} records of the inputs otherwise`)
  yield said('compare stores and outputs with the recorded ones')
}

function optionsOf(
  { env, log, settings, topics }: TopologyToolsOptions,
  { topology: name }: TopologyReplayArgs,
  directory: string,
  emit: (row: ReplayRow) => void,
): ReplayOptions {
  return {
    topology: buildTopology(name, topics, settings),
    applicationId: applicationId(env, name),
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory,
    handlers: FAILURE_HANDLERS,
    deadLetter: deadLetterEncoder(topics.dlq[name as keyof typeof topics.dlq], name, VERSION),
    onProgress: ({ taskId, transactions }) => {
      if (transactions % PROGRESS_EVERY === 0)
        emit({ row: 'progress', what: `task ${taskId}: ${transactions} transactions` })
    },
  }
}

async function runReplay(
  options: ReplayOptions,
  { fromMs, toMs, shadow }: TopologyReplayArgs,
  emit: (row: ReplayRow) => void,
): Promise<void> {
  const { mode, reason, isEqual, stores, outputs, differences, notes } = await replay({
    ...options,
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(shadow === undefined ? {} : { shadow: { applicationId: shadow } }),
  })
  for (const { taskId, store, rebuilt, recorded } of stores) {
    const equal = recorded?.digest === rebuilt.digest && recorded.entries === rebuilt.entries
    emit({
      row: 'store',
      store,
      partition: partitionOf(taskId),
      recordedEntries: recorded?.entries ?? null,
      replayedEntries: rebuilt.entries,
      digest: rebuilt.digest,
      result: recorded === undefined ? 'not compared' : equal ? 'equal' : 'differs',
    })
  }
  emitOutputs(outputs, differences, emit)
  if (reason !== undefined) emit({ row: 'note', what: `not exact: ${reason}` })
  for (const what of notes) emit({ row: 'note', what })
  emit({ row: 'result', mode, isEqual })
}

async function runWhatIf(
  options: ReplayOptions,
  changes: readonly RecordChange[],
  emit: (row: ReplayRow) => void,
): Promise<void> {
  const met = new Set<RecordChange>()
  const { isEqual, stores, outputs, differences, notes } = await whatIf({
    ...options,
    change: {
      records: (record, { topic, partition }) => {
        const change = changes.find(
          (one) =>
            one.topic === topic && one.partition === partition && one.offset === record.offset,
        )
        if (change === undefined) return [record]
        met.add(change)
        return change.action === 'remove' ? [] : [replaced(record, change)]
      },
    },
  })
  const unmet = changes.filter((change) => !met.has(change))
  if (unmet.length > 0)
    throw new StreamsError(
      'REPLAY_CHANGE_UNMET',
      `these records were not met: ${unmet.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(', ')}`,
      {},
      'Name records of the inputs that the recorded run has read: orion topics tail TOPIC --from earliest',
    )
  for (const { taskId, store, isEqual: equal, entries } of stores)
    emit({
      row: 'store',
      store,
      partition: partitionOf(taskId),
      recordedEntries: entries.recorded,
      replayedEntries: entries.rebuilt,
      result: equal ? 'equal' : 'differs',
    })
  emitOutputs(outputs, differences, emit)
  for (const what of notes) emit({ row: 'note', what })
  emit({ row: 'result', mode: 'what-if', isEqual })
}

type Outputs = Awaited<ReturnType<typeof replay>>['outputs']
type Differences = Awaited<ReturnType<typeof replay>>['differences']

function emitOutputs(
  outputs: Outputs,
  differences: Differences,
  emit: (row: ReplayRow) => void,
): void {
  for (const { taskId, topic, equal, changed, missing, added, notHeld } of outputs)
    emit({ row: 'output', topic, task: taskId, equal, changed, missing, added, notHeld })
  for (const { topic, partition, offset, recorded, rebuilt } of differences)
    emit({
      row: 'difference',
      what: `${topic}-${partition}@${offset ?? '?'}: recorded ${recorded ?? 'nothing'}, replayed ${rebuilt ?? 'nothing'}`,
    })
}

function replaced(record: LogRecord, { key, valueBase64, timestampMs }: RecordChange): LogRecord {
  return {
    ...record,
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    ...(valueBase64 === undefined ? {} : { value: Buffer.from(valueBase64, 'base64') }),
    ...(timestampMs === undefined ? {} : { timestampMs }),
  }
}

function partitionOf(taskId: string): number {
  return Number(taskId.slice(taskId.indexOf('_') + 1))
}
