import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import { silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import { prepareSerdes } from '../serde-preparation.ts'
import { taskIdOf } from '../task/task-id.ts'
import { systemTimers } from '../timers.ts'
import { planOnLog, type TopologyPlan } from '../worker/topology-plan.ts'
import { OutputReport } from './output-report.ts'
import { type RecordedChunk, RecordedOutputs } from './recorded-outputs.ts'
import type { ReplayContext } from './replay-context.ts'
import type { ReplayedStore, ReplayedTask, ReplayOptions, ReplayResult } from './replay-options.ts'
import { type ScheduleSurvey, surveySchedule } from './schedule-reader.ts'
import { inputsOf, ScheduledRun } from './scheduled-run.ts'
import { ShadowOutputs } from './shadow-outputs.ts'
import { compareStores } from './store-digests.ts'
import { TimestampRun } from './timestamp-run.ts'
import { topologyIdentity } from './topology-identity.ts'
import { UnscheduledOutputs } from './unscheduled-outputs.ts'

const DIFFERENCES_MAX = 20

/**
 * Runs a recorded application again, from its first transaction, into stores of its own, and compares what comes of it with what the log holds.
 * It follows the schedule that each transaction left, so that races, timers and restarts repeat; where there is none that tells everything, it runs
 * in timestamp order and says so. The recorded run is not touched: nothing of it is written to.
 *
 * @example
 * const result = await replay({ topology, applicationId: 'totals', log, stores, directory })
 * if (result.mode === 'exact' && !result.isEqual) console.error(result.differences)
 * @throws {StreamsError} STREAMS_SCHEDULE_CORRUPT, STREAMS_SCHEDULE_GAP, STREAMS_SCHEDULE_MISSING, STREAMS_REPLAY_INPUT_GONE,
 * STREAMS_REPLAY_DIVERGED
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const context = await replayContext(options)
  const { order = 'auto' } = options
  if (order === 'timestamp') return inTimestampOrder(options, context, 'it was asked for')
  const survey = await surveyOf(context)
  if (survey.fault === undefined) return bySchedule(options, context, survey)
  if (order === 'schedule') throw missing(context.plan, survey.fault)
  return inTimestampOrder(options, context, survey.fault)
}

/** Everything that the tasks of a replay share. Topics are those of the recorded run, so that bytes are, too. */
export async function replayContext(options: ReplayOptions): Promise<ReplayContext> {
  const { topology, applicationId, log, stores, directory, handlers = {} } = options
  const plan = await planOnLog(topology, applicationId, log.admin)
  await prepareSerdes(plan)
  return {
    plan,
    log,
    stores,
    directory: join(directory, applicationId),
    logger: options.logger ?? silentLogger,
    metrics: noMetrics,
    timers: options.timers ?? systemTimers,
    handlers,
    deadLetter: options.deadLetter,
    deadLetterDropped: options.deadLetterDropped ?? [],
    change: (_place, record) => [record],
  }
}

/** @throws {StreamsError} STREAMS_SCHEDULE_CORRUPT, STREAMS_SCHEDULE_GAP */
export async function surveyOf({ plan, log }: ReplayContext): Promise<ScheduleSurvey> {
  const topic = plan.scheduleTopic
  const none = { taskIds: [], transactions: 0, bytes: 0 }
  if (!(await log.admin.listTopics()).includes(topic))
    return { ...none, fault: `there is no topic ${topic}` }
  const [description] = await log.admin.describeTopics([topic])
  const identity = topologyIdentity(plan.topology)
  return surveySchedule(log, topic, description?.partitions ?? 0, identity)
}

/** @param located told where the recorded outputs of each transaction lie */
export async function bySchedule(
  options: ReplayOptions,
  context: ReplayContext,
  survey: ScheduleSurvey,
  located: (chunks: readonly RecordedChunk[]) => void = () => {},
): Promise<ReplayResult> {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs, onProgress, shadow } = options
  const report = new OutputReport(options.differencesMax ?? DIFFERENCES_MAX)
  const tasks: ReplayedTask[] = []
  const stores: ReplayedStore[] = []
  const notes = notesOf(context.plan)
  const isStopped = await isGroupEmpty(context)
  const shadowed =
    shadow === undefined
      ? undefined
      : await ShadowOutputs.open(context.log, context.plan, shadow.applicationId)
  for (const taskId of survey.taskIds) {
    const run = await ScheduledRun.open(context, taskId, inputsOf(context), toMs)
    try {
      const outputs = new RecordedOutputs(taskId, run.task.cursors, context.log.admin)
      for (;;) {
        const transaction = await run.next()
        if (transaction === undefined) break
        const { recorded, successor, rebuilt } = transaction
        if ((recorded.batches.at(-1)?.readingMs ?? 0) >= fromMs) {
          const chunks = await outputs.locate(recorded, successor, rebuilt.outputs)
          located(chunks)
          await outputs.compare(recorded, chunks, rebuilt.outputs, report)
          await shadowed?.write(rebuilt.outputs)
        }
        onProgress?.({ taskId, transactions: run.transactions })
      }
      const isWhole = isStopped && !run.isCut
      stores.push(...(await compareStores(context, taskId, run.task.stores, isWhole)))
      const { transactions, starts, records } = run
      tasks.push({ taskId, transactions, starts, records })
    } finally {
      await run.close()
    }
  }
  await shadowed?.close()
  if (Number.isFinite(fromMs))
    notes.push(
      `state was rebuilt from the first transaction; outputs of transactions before ${new Date(fromMs).toISOString()} were neither compared nor written`,
    )
  if (!isStopped) notes.push('the application runs: its stores were not compared')
  return resultOf({ mode: 'exact', reason: undefined, report, tasks, stores, notes })
}

async function inTimestampOrder(
  options: ReplayOptions,
  context: ReplayContext,
  reason: string,
): Promise<ReplayResult> {
  const { onProgress, shadow, log } = options
  const { plan } = context
  const report = new OutputReport(options.differencesMax ?? DIFFERENCES_MAX)
  const outputs = new UnscheduledOutputs()
  const tasks: ReplayedTask[] = []
  const stores: ReplayedStore[] = []
  const isStopped = await isGroupEmpty(context)
  await requireTopics(context)
  const shadowed =
    shadow === undefined ? undefined : await ShadowOutputs.open(log, plan, shadow.applicationId)
  for (const { subTopology, partitionCount } of plan.subTopologies) {
    for (let partition = 0; partition < partitionCount; partition++) {
      const taskId = taskIdOf(subTopology.id, partition)
      const run = await TimestampRun.open(context, taskId)
      try {
        await run.begin()
        for (;;) {
          const transaction = await run.next()
          if (transaction === undefined) break
          outputs.add(taskId, transaction.outputs)
          await shadowed?.write(transaction.outputs)
          onProgress?.({ taskId, transactions: run.transactions })
        }
        stores.push(...(await compareStores(context, taskId, run.task.stores, isStopped)))
        const { transactions, records } = run
        tasks.push({ taskId, transactions, starts: 1, records })
      } finally {
        await run.close()
      }
    }
  }
  await shadowed?.close()
  await outputs.compare(log, report)
  const notes = [
    ...notesOf(plan),
    'in timestamp order: fromMs and toMs are not regarded, repartition topics are read as the log holds them',
  ]
  return resultOf({ mode: 'timestamp-order', reason, report, tasks, stores, notes })
}

function resultOf(
  parts: Pick<ReplayResult, 'mode' | 'reason' | 'tasks' | 'stores' | 'notes'> & {
    readonly report: OutputReport
  },
): ReplayResult {
  const { report, stores, ...rest } = parts
  const sameStores = stores.every(
    ({ rebuilt, recorded }) => recorded === undefined || recorded.digest === rebuilt.digest,
  )
  return {
    ...rest,
    stores,
    isEqual: report.differing === 0 && sameStores,
    outputs: report.comparisons(),
    differences: report.differences,
    differing: report.differing,
  }
}

function notesOf({ topology }: TopologyPlan): string[] {
  const specs = topology.subTopologies.flatMap(({ stores }) => stores)
  const unlogged = specs.filter(({ logged }) => !logged).map(({ name }) => name)
  const recent = specs
    .filter((spec) => spec.kind === 'key-value' && spec.entriesMax !== undefined)
    .map(({ name }) => name)
  return [
    ...unlogged.map(
      (name) => `store ${name} has no changelog: what it lost at a restart is not repeated`,
    ),
    ...recent.map(
      (name) =>
        `store ${name} keeps the last used entries: which, is repeated up to a restart only`,
    ),
  ]
}

async function isGroupEmpty({ log, plan }: ReplayContext): Promise<boolean> {
  const { state } = await log.admin.describeGroup(plan.applicationId)
  return state === 'empty' || state === 'dead'
}

async function requireTopics({ log, plan }: ReplayContext): Promise<void> {
  const existing = new Set(await log.admin.listTopics())
  const gone = plan.repartitionTopics.filter((topic) => !existing.has(topic))
  if (gone.length === 0) return
  throw new StreamsError(
    'STREAMS_REPLAY_INPUT_GONE',
    `a replay reads repartition topics, and these do not exist: ${gone.join(', ')}`,
    {},
    'Replay with the topology of the recorded run.',
  )
}

function missing({ applicationId }: TopologyPlan, fault: string): StreamsError {
  return new StreamsError(
    'STREAMS_SCHEDULE_MISSING',
    `${applicationId} cannot be replayed exactly: ${fault}`,
    {},
    'Replay in timestamp order, or with the topology and from the log of the recorded run.',
  )
}
