import { type Outcome, type SimulateOptions, simulate } from '../simulate.ts'

/** What is kept of a seed that passed or failed. */
export interface SeedReport {
  readonly seed: number
  readonly scenario: string
  readonly hash: string
  readonly broken?: { readonly invariant: string; readonly what: string }
  /** Of a failed one. */
  readonly lastSteps?: readonly string[]
}

const STEPS_SHOWN = 25

/** As `simulate`; what escapes from the run, as an error or as a promise that nobody looks at, breaks an invariant as well. */
export async function runSeed(seed: number, options: SimulateOptions = {}): Promise<Outcome> {
  const unheard: unknown[] = []
  const hear = (error: unknown) => void unheard.push(error)
  process.on('unhandledRejection', hear)
  try {
    const outcome = await simulate(seed, options)
    await new Promise((resolve) => setImmediate(resolve))
    if (outcome.broken !== undefined || unheard.length === 0) return outcome
    const what = unheard.map(textOf).join('; ')
    return { ...outcome, broken: { invariant: 'no promise fails unheard', what } }
  } finally {
    process.off('unhandledRejection', hear)
  }
}

export function reportOf({ seed, scenario, hash, broken, trace }: Outcome): SeedReport {
  if (broken === undefined) return { seed, scenario, hash }
  return { seed, scenario, hash, broken, lastSteps: trace.last(STEPS_SHOWN) }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
