import type { Bench } from '../scenario.ts'
import type { ProcessArgument, ProcessResult } from '../steps/process-main.ts'
import type { VerifyArgument } from '../steps/verify-main.ts'
import { runStep } from './step.ts'
import type { Verification } from './verify.ts'

export interface Processed extends ProcessResult {
  readonly verification: Verification
}

const STEP_MS_MAX = 20 * 60_000

/** Runs topologies over what is on their inputs in one process, and looks at their output in another. */
export async function processed(
  bench: Bench,
  argument: ProcessArgument,
  options: { readonly expectation: string; readonly measured: boolean },
): Promise<Processed> {
  const { place, topologies } = argument
  const timeoutMs = STEP_MS_MAX
  const { expectation, measured } = options
  const result = await runStep<ProcessResult>(bench, 'process', argument, { timeoutMs, measured })
  const check: VerifyArgument = { place, topologies, expectation }
  const verification = await runStep<Verification>(bench, 'verify', check, { timeoutMs })
  return { ...result, verification }
}
