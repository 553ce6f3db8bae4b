import { readFileSync } from 'node:fs'

/** Of Linux; elsewhere figures about other processes are left out. */
const TICKS_PER_S = 100

export interface ProcessUse {
  /** User and system, of the process alone. */
  readonly cpuSeconds: number
  /** Highest resident set so far. */
  readonly peakRssMiB: number
}

/** Undefined where there is no /proc, or no such process. */
export function processUse(pid: number): ProcessUse | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
      peakRssMiB: Math.round(Number(peak?.[1] ?? 0) / 1_024),
    }
  } catch {
    return undefined
  }
}

/** The processes that `pid` has started, those of theirs included. */
export function descendants(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return children
      .trim()
      .split(' ')
      .filter((text) => text !== '')
      .flatMap((text) => [Number(text), ...descendants(Number(text))])
  } catch {
    return []
  }
}

/** CPU seconds that the whole machine has spent; undefined where /proc does not say. */
function machineSeconds(): number | undefined {
  try {
    const line = /^cpu\s+(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).map(Number)
    return (user + nice + system + irq + softirq) / TICKS_PER_S
  } catch {
    return undefined
  }
}

/** Ready to run and not running, of the main thread. */
function starvedSeconds(pid: number): number | undefined {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(waitedNs) / 1e9
  } catch {
    return undefined
  }
}

export interface CpuUse {
  readonly seconds: number
  /** Of this process and those named. */
  readonly cpuSeconds: number
  readonly cpuSecondsOf: Readonly<Record<string, number>>
  /**
   * Time for which the main thread of this process (`self`) or of a named one had work and got no CPU. With CPU time it tells a busy machine from
   * a program that waits: latency from the first is not the program's.
   */
  readonly starvedSecondsOf: Readonly<Record<string, number>>
  /** Of everything else on the machine in the same time: read it before believing a figure. */
  readonly otherCpuSeconds: number | undefined
}

/** Measures a span: wall time, own CPU, that of named processes, and that of everybody else. */
export class CpuMeter {
  readonly #startMs = performance.now()
  readonly #own = process.cpuUsage()
  readonly #machine = machineSeconds()
  readonly #others: ReadonlyMap<string, { readonly pid: number; readonly before: number }>
  readonly #starved: ReadonlyMap<string, { readonly pid: number; readonly before: number }>

  constructor(others: Readonly<Record<string, number>> = {}) {
    this.#others = new Map(
      Object.entries(others).flatMap(([name, pid]) => {
        const use = processUse(pid)
        return use === undefined ? [] : [[name, { pid, before: use.cpuSeconds }] as const]
      }),
    )
    this.#starved = new Map(
      Object.entries({ self: process.pid, ...others }).flatMap(([name, pid]) => {
        const before = starvedSeconds(pid)
        return before === undefined ? [] : [[name, { pid, before }] as const]
      }),
    )
  }

  read(): CpuUse {
    const seconds = (performance.now() - this.#startMs) / 1_000
    const { user, system } = process.cpuUsage(this.#own)
    const own = (user + system) / 1e6
    const cpuSecondsOf: Record<string, number> = {}
    let named = 0
    for (const [name, { pid, before }] of this.#others) {
      const use = processUse(pid)
      if (use === undefined) continue
      cpuSecondsOf[name] = hundredths(use.cpuSeconds - before)
      named += use.cpuSeconds - before
    }
    const starvedSecondsOf: Record<string, number> = {}
    for (const [name, { pid, before }] of this.#starved) {
      const now = starvedSeconds(pid)
      if (now !== undefined) starvedSecondsOf[name] = hundredths(now - before)
    }
    const machine = machineSeconds()
    return {
      seconds: hundredths(seconds),
      cpuSeconds: hundredths(own),
      cpuSecondsOf,
      starvedSecondsOf,
      otherCpuSeconds:
        machine === undefined || this.#machine === undefined
          ? undefined
          : hundredths(Math.max(0, machine - this.#machine - own - named)),
    }
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
