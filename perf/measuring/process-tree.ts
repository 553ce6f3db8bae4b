import { readFileSync } from 'node:fs'
import { descendants, processUse } from './cpu.ts'

/** One process of Orion's, as it stands. */
export interface TreeProcess {
  readonly pid: number
  /** What it is: npm, launcher, orion, clickhouse; else the name of its program. */
  readonly name: string
  readonly cpuSeconds: number
  /** Resident now; pages that several processes have are counted in each. */
  readonly rssMiB: number
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/sink\/embedded\/engine-main/, 'clickhouse'],
  [/cli\/main\.ts/, 'orion'],
  [/bin\/orion\.js/, 'launcher'],
  [/^npm /, 'npm'],
]

/** What a command line starts. */
export function nameOf(commandLine: string): string {
  const known = NAMES.find(([pattern]) => pattern.test(commandLine))?.[1]
  return known ?? commandLine.split(' ', 1)[0]?.split('/').at(-1) ?? ''
}

/** `pid` and all that it has started; without those that are gone meanwhile, and empty where there is no /proc. */
export function processTree(pid: number): readonly TreeProcess[] {
  return [pid, ...descendants(pid)].flatMap((one) => {
    const use = processUse(one)
    if (use === undefined) return []
    try {
      const commandLine = readFileSync(`/proc/${one}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      const status = readFileSync(`/proc/${one}/status`, 'utf8')
      const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
      const name = nameOf(commandLine)
      return [{ pid: one, name, cpuSeconds: use.cpuSeconds, rssMiB: Math.round(kib / 1_024) }]
    } catch {
      return []
    }
  })
}

export interface TreeUse {
  readonly seconds: number
  /** Of one core, by name. */
  readonly cpuPercentOf: Readonly<Record<string, number>>
  readonly rssMiBOf: Readonly<Record<string, number>>
}

/** What a tree used between two looks at it; a process that was not there at the first has used all of its CPU since. */
export function treeUse(
  before: readonly TreeProcess[],
  after: readonly TreeProcess[],
  seconds: number,
): TreeUse {
  const cpuPercentOf: Record<string, number> = {}
  const rssMiBOf: Record<string, number> = {}
  const earlier = new Map(before.map(({ pid, cpuSeconds }) => [pid, cpuSeconds]))
  for (const { pid, name, cpuSeconds, rssMiB } of after) {
    const percent = ((cpuSeconds - (earlier.get(pid) ?? 0)) / seconds) * 100
    cpuPercentOf[name] = Math.round(((cpuPercentOf[name] ?? 0) + percent) * 100) / 100
    rssMiBOf[name] = (rssMiBOf[name] ?? 0) + rssMiB
  }
  return { seconds, cpuPercentOf, rssMiBOf }
}
