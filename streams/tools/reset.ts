import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { OffsetCommit } from '../log/log.ts'
import type { StoreBackend } from '../store.ts'
import { writeGeneration, writeResetDone, writeResetMark } from './deployment.ts'
import { planReset, type ResetOptions, type ResetPlan, type ResetStep } from './reset-plan.ts'

export interface RunResetOptions extends ResetOptions {
  readonly stores: StoreBackend
  /** Told before each step. */
  readonly onStep?: (step: ResetStep, index: number, count: number) => void
}

/**
 * Makes an application begin anew. The order is safe to be interrupted anywhere: the mark that comes first keeps every instance from starting
 * until the last step has taken it away, and the same reset, run again, does again what was done and goes on.
 * @throws {StreamsError} what `planReset` throws; TOPOLOGY_RUNNING also when an instance came in between: then nothing was deleted
 */
export async function resetTopology(options: RunResetOptions): Promise<ResetPlan> {
  const plan = await planReset(options)
  const offsets: OffsetCommit[] = []
  for (const [index, step] of plan.steps.entries()) {
    options.onStep?.(step, index + 1, plan.steps.length)
    if (step.step === 'set-offset') {
      const { topic, partition, offset } = step
      offsets.push({ topic, partition, offset })
    } else await runStep(step, plan, offsets, options)
  }
  return plan
}

async function runStep(
  step: Exclude<ResetStep, { readonly step: 'set-offset' }>,
  { generation, resumed }: ResetPlan,
  offsets: readonly OffsetCommit[],
  { log, applicationId, directory, stores, nowMs }: RunResetOptions,
): Promise<void> {
  switch (step.step) {
    case 'mark':
      await writeResetMark(log, applicationId, { generation, unfinished: true }, nowMs)
      return
    case 'delete-group':
      try {
        await log.admin.deleteGroup(applicationId)
      } catch (error) {
        if (!(error instanceof StreamsError) || error.code !== 'LOG_GROUP_ACTIVE') throw error
        if (resumed) throw error
        // Nothing was deleted yet: whoever came in between goes on as before.
        const before = { generation: generation - 1, unfinished: false }
        await writeResetMark(log, applicationId, before, nowMs)
        throw new StreamsError(
          'TOPOLOGY_RUNNING',
          `an instance of ${applicationId} has joined its group meanwhile; nothing was deleted`,
          {},
          'Stop every instance, then run it again.',
          error,
        )
      }
      return
    case 'delete-state':
      await stores.wipe(step.path)
      return
    case 'delete-topic':
      await log.admin.deleteTopics([step.topic])
      return
    case 'truncate-topic':
      await log.admin.truncate(
        step.offsets.map((offset, partition) => ({ topic: step.topic, partition, offset })),
      )
      return
    case 'done':
      if (offsets.length > 0) await log.admin.setGroupOffsets(applicationId, offsets)
      writeGeneration(join(directory, applicationId), generation)
      await writeResetDone(log, applicationId, generation, nowMs)
  }
}
