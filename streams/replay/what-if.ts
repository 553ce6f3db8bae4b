import assert from 'node:assert/strict'
import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { LogRecord, TopicPartition } from '../log/log.ts'
import type { Topology } from '../topology.ts'
import { planOnLog } from '../worker/topology-plan.ts'
import { type OutputComparison, type OutputDifference, OutputReport } from './output-report.ts'
import { RebuiltRepartitions } from './rebuilt-repartitions.ts'
import { type RecordedChunk, RecordedOutputs } from './recorded-outputs.ts'
import { bySchedule, replayContext, surveyOf } from './replay.ts'
import type { ReplayContext } from './replay-context.ts'
import type { ReplayOptions } from './replay-options.ts'
import { inputsOf, ScheduledRun } from './scheduled-run.ts'
import { type StoreDifference, storeDifferences } from './store-differences.ts'
import { topologyIdentity } from './topology-identity.ts'

/** What is to be otherwise. */
export interface WhatIfChange {
  /**
   * Called for each record of the inputs and global tables: those that stand in its place. `[record]` leaves it, `[]` removes it, another value
   * replaces it, more records are inserted. Repartition topics are not asked for: they follow.
   */
  readonly records?: (record: LogRecord, place: TopicPartition) => readonly LogRecord[]
  /** The same graph, built with another parameter or another function. */
  readonly topology?: Topology
}

export interface WhatIfOptions extends Omit<ReplayOptions, 'order' | 'shadow' | 'fromMs' | 'toMs'> {
  readonly change: WhatIfChange
}

export interface WhatIfResult {
  /** Nothing would have been otherwise. */
  readonly isEqual: boolean
  /** `recorded` is the run as it went, `rebuilt` what would have been. Within a transaction and partition records of a key are compared in order. */
  readonly outputs: readonly OutputComparison[]
  readonly differences: readonly OutputDifference[]
  readonly differing: number
  readonly stores: readonly StoreDifference[]
  readonly notes: readonly string[]
}

/** A task's turn before the others have theirs, so that what waits between them stays small. */
const TURN = 64

/**
 * What would have come of a recorded run if some records, a limit or a parameter had been otherwise, everything else (batches, commits, clock
 * readings, restarts) being as it was. First the run is replayed as it went, which must give what the log holds; then with the change.
 *
 * @throws {StreamsError} STREAMS_REPLAY_NOT_EXACT, and those of `replay`
 */
export async function whatIf(options: WhatIfOptions): Promise<WhatIfResult> {
  const base = await replayContext({ ...options, directory: join(options.directory, 'recorded') })
  const survey = await surveyOf(base)
  if (survey.fault !== undefined) throw notExact(survey.fault)
  const chunks: RecordedChunk[] = []
  const recorded = await bySchedule(options, base, survey, (some) => chunks.push(...some))
  if (recorded.differing > 0)
    throw notExact(`${recorded.differing} records differ without any change`)
  const context = await changedContext(options)
  const report = new OutputReport(options.differencesMax ?? 20)
  const undelivered = await runChanged(options, {
    base,
    context,
    taskIds: survey.taskIds,
    chunks,
    report,
  })
  const stores: StoreDifference[] = []
  for (const taskId of survey.taskIds)
    stores.push(...(await storeDifferences(base, context, taskId, options.differencesMax ?? 20)))
  const notes = [...recorded.notes]
  const gone = recorded.outputs.reduce((sum, { notHeld }) => sum + notHeld, 0)
  if (gone > 0)
    notes.push(
      `the log does not hold ${gone} of the recorded outputs any more: what the replay without a change gives stands for them`,
    )
  if (undelivered > 0)
    notes.push(
      `${undelivered} records for repartition topics come after all that was recorded there: nobody reads them`,
    )
  return {
    isEqual: report.differing === 0 && stores.every(({ isEqual }) => isEqual),
    outputs: report.comparisons(),
    differences: report.differences,
    differing: report.differing,
    stores,
    notes,
  }
}

async function changedContext(options: WhatIfOptions): Promise<ReplayContext> {
  const { change, topology, applicationId, log } = options
  const directory = join(options.directory, 'changed')
  const context = await replayContext({ ...options, directory })
  const { records = (record: LogRecord) => [record] } = change
  const changed = { ...context, change: ordered(context, records) }
  if (change.topology === undefined) return changed
  if (topologyIdentity(change.topology) !== topologyIdentity(topology))
    throw notExact('the changed topology has another graph, so that the schedule does not fit it')
  return { ...changed, plan: await planOnLog(change.topology, applicationId, log.admin) }
}

/** Records keep the place of the one that they stand for. */
function ordered(
  { plan }: ReplayContext,
  records: (record: LogRecord, place: TopicPartition) => readonly LogRecord[],
): ReplayContext['change'] {
  const internal = new Set(plan.repartitionTopics)
  return (place, record) =>
    internal.has(place.topic)
      ? [record]
      : records(record, place).map((one) => ({ ...one, offset: record.offset }))
}

interface ChangedRun {
  /** Of the run as it was. */
  readonly base: ReplayContext
  readonly context: ReplayContext
  readonly taskIds: readonly string[]
  readonly chunks: readonly RecordedChunk[]
  readonly report: OutputReport
}

/**
 * All tasks beside each other: one waits until what it read is written. Beside each goes the task as it was, transaction by transaction, so that
 * what the log does not hold any more is compared too. @returns records that nobody reads
 */
async function runChanged(
  { onProgress }: WhatIfOptions,
  { base, context, taskIds, chunks, report }: ChangedRun,
): Promise<number> {
  const repartitions = new RebuiltRepartitions(context, chunks)
  const byTransaction = new Map<string, RecordedChunk[]>()
  for (const chunk of chunks) {
    const id = `${chunk.taskId} ${chunk.ordinal}`
    byTransaction.set(id, [...(byTransaction.get(id) ?? []), chunk])
  }
  const runs: { run: ScheduledRun; before: ScheduledRun; outputs: RecordedOutputs }[] = []
  try {
    for (const taskId of taskIds) {
      const run = await ScheduledRun.open(context, taskId, repartitions)
      const before = await ScheduledRun.open(base, taskId, inputsOf(base))
      const outputs = new RecordedOutputs(taskId, run.task.cursors, context.log.admin)
      runs.push({ run, before, outputs })
    }
    const open = new Set(runs)
    while (open.size > 0) {
      let progress = false
      for (const each of open) {
        const { run, before, outputs } = each
        for (let turn = 0; turn < TURN && (await run.isReady()); turn++) {
          progress = true
          const asItWas = await before.next()
          const transaction = await run.next(asItWas?.timersDueMs)
          if (transaction === undefined || asItWas === undefined) {
            open.delete(each)
            break
          }
          const { taskId } = run.task
          const { recorded, rebuilt } = transaction
          const mine = byTransaction.get(`${taskId} ${recorded.ordinal}`) ?? []
          repartitions.written(taskId, mine, rebuilt.outputs)
          const both = { recorded: asItWas.rebuilt.outputs, rebuilt: rebuilt.outputs }
          outputs.compareByKey(recorded, mine, both, report)
          onProgress?.({ taskId, transactions: run.transactions })
        }
      }
      assert(progress, 'transactions of the schedule wait for each other')
    }
  } finally {
    for (const { run, before } of runs) {
      await run.close()
      await before.close()
    }
  }
  return repartitions.undelivered
}

function notExact(why: string): StreamsError {
  return new StreamsError(
    'STREAMS_REPLAY_NOT_EXACT',
    `what would have been cannot be told: ${why}`,
    {},
    'Look at replay() first: the run must be replayed exactly, and with no difference.',
  )
}
