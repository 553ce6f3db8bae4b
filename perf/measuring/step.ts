import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Bench } from '../scenario.ts'

const STEPS = join(import.meta.dirname, '..', 'steps')

export interface StepOptions {
  /** Ends the step after this time, in ms. */
  readonly timeoutMs: number
  /** The step is what is measured: it gets the profiler's arguments. */
  readonly measured?: boolean
}

/**
 * Runs `perf/steps/<name>-main.ts` as a process of its own, so that memory and CPU are those of this step alone. Its argument is one JSON
 * object, its result the last line of its stdout.
 */
export async function runStep<Result>(
  bench: Bench,
  name: string,
  argument: object,
  { timeoutMs, measured = false }: StepOptions,
): Promise<Result> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...(measured ? bench.nodeArguments : []),
      join(STEPS, `${name}-main.ts`),
      JSON.stringify(argument),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      signal: AbortSignal.any([bench.signal, AbortSignal.timeout(timeoutMs)]),
      killSignal: 'SIGKILL',
    },
  )
  let last = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0) throw new Error(`the step ${name} ended with ${signal ?? code}`)
  return JSON.parse(last) as Result
}

/** For a step: its argument. */
export function stepArgument<Argument>(): Argument {
  return JSON.parse(process.argv[2] ?? '{}') as Argument
}

/** For a step: prints its result; the process ends with it. */
export function endStep(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}
