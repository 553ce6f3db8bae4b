import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { runStep } from '../measuring/step.ts'
import type { Bench } from '../scenario.ts'
import type { SnapshotVerification } from '../steps/snapshot-verify-main.ts'
import type { SnapshotWorkArgument, SnapshotWorkResult } from '../steps/snapshot-work-main.ts'
import type { CurveSample } from './curve.ts'
import type { SnapshotWork } from './snapshot-work.ts'

const STEP_MS_MAX = 30 * 60_000

export interface SnapshotSample extends CurveSample {
  readonly measured: SnapshotWorkResult
  readonly faults: readonly string[]
}

export async function writeInput(bench: Bench, work: SnapshotWork): Promise<void> {
  await runStep<object>(bench, 'snapshot-load', work, { timeoutMs: STEP_MS_MAX })
}

/** Does the work in a fresh process, looks at its output in another, and deletes its state. */
export async function snapshotPoint(
  bench: Bench,
  at: CurveSample['at'],
  argument: SnapshotWorkArgument,
): Promise<SnapshotSample> {
  const timeoutMs = STEP_MS_MAX
  const measured = await runStep<SnapshotWorkResult>(bench, 'snapshot-work', argument, {
    timeoutMs,
    measured: true,
  })
  const verified = await runStep<SnapshotVerification>(bench, 'snapshot-verify', argument, {
    timeoutMs,
  })
  rmSync(join(argument.place.directory, 'state'), { recursive: true, force: true })
  return { at, figures: figuresOf(measured, argument.records), measured, ...verified }
}

function figuresOf(
  { use, peakRssMiB, storeMiB }: SnapshotWorkResult,
  records: number,
): Readonly<Record<string, number>> {
  const brokerCpuSeconds = Object.values(use.cpuSecondsOf).reduce((sum, some) => sum + some, 0)
  return {
    recordsPerSecond: Math.round(records / use.seconds),
    cpuMicrosPerRecord: (use.cpuSeconds * 1e6) / records,
    cpuSeconds: use.cpuSeconds,
    ...(Object.keys(use.cpuSecondsOf).length === 0 ? {} : { brokerCpuSeconds }),
    ...(use.otherCpuSeconds === undefined ? {} : { otherCpuSeconds: use.otherCpuSeconds }),
    starvedSeconds: use.starvedSecondsOf['self'] ?? 0,
    peakRssMiB,
    storeMiB,
  }
}
