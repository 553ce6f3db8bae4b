import { parseArgs } from 'node:util'
import { BUGS, type Bug, isBug } from '../bugs/bugs.ts'
import { SCENARIOS } from '../simulate.ts'

export interface CommandOptions {
  readonly from: number
  readonly to: number
  readonly jobs: number
  readonly bugs: readonly Bug[]
  readonly scenario: string | undefined
  readonly trace: boolean
  /** Where results are kept, and what is there already is not run again. */
  readonly resume: string | undefined
}

export const HELP = `Usage: npm run simulate -- --seeds A..B [options]

Runs an application of the streams runtime on a simulated log, in virtual time: crashes, lost and repeated messages, zombies, rebalances and
clocks that jump, all from the seed. The same seed is the same run, step by step.

  --seeds A..B      seeds, both inclusive; a single one as A
  --jobs N          processes (default 1)
  --scenario NAME   ${Object.keys(SCENARIOS).join(', ')}; by default each seed has its own
  --bug NAME        with a deliberate bug, which must be found: the run ends at the first seed that does; or "all", one after the other:
${Object.entries(BUGS)
  .map(([name, what]) => `                      ${name.padEnd(28)}${what}`)
  .join('\n')}
  --trace           print every step of every run
  --resume FILE     keep results in FILE, and go on where an earlier run with it stopped
  --help            this text

A seed that fails is printed with the invariant that broke, its last steps, and the command that repeats it. The last line is
"N passed, N failed". Exit status: 0 when all passed (with --bug: when each was found), 1 when not, 2 for wrong options.`

/** @throws {RangeError} which says what is wrong; undefined when help was asked for */
export function commandOptions(args: readonly string[]): CommandOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      scenario: { type: 'string' },
      bug: { type: 'string' },
      trace: { type: 'boolean', default: false },
      resume: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const [from, to] = seedsOf(values.seeds)
  const jobs = Number(values.jobs)
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) {
    throw new RangeError('--jobs is a whole number from 1 to 64')
  }
  const { scenario } = values
  if (scenario !== undefined && !Object.hasOwn(SCENARIOS, scenario)) {
    throw new RangeError(`--scenario is one of ${Object.keys(SCENARIOS).join(', ')}`)
  }
  return {
    from,
    to,
    jobs,
    bugs: bugsOf(values.bug),
    scenario,
    trace: values.trace,
    resume: values.resume,
  }
}

function seedsOf(text: string | undefined): readonly [from: number, to: number] {
  const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text ?? '') ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || from > to) throw new RangeError('--seeds is A..B, with A not after B')
  return [from, to]
}

function bugsOf(name: string | undefined): readonly Bug[] {
  if (name === undefined) return []
  if (name === 'all') return Object.keys(BUGS).filter(isBug)
  if (!isBug(name)) throw new RangeError(`--bug is one of ${Object.keys(BUGS).join(', ')}, all`)
  return [name]
}
