import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { RoundResult } from './round.ts'

export interface SoakResults {
  readonly question: string
  readonly command: string
  readonly machine: string
  readonly rfqsPerSecond: number
  readonly totals: {
    readonly seconds: number
    readonly kills: number
    readonly created: number
    readonly acknowledged: number
    readonly unanswered: number
    readonly trades: number
    readonly faults: number
    readonly longestRestartMs: number
  }
  readonly rounds: readonly RoundResult[]
}

/** The rounds that a file has, none where there is no file. */
export function roundsIn(file: string | undefined): readonly RoundResult[] {
  if (file === undefined || !existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as SoakResults).rounds
}

export function resultsOf(
  command: string,
  rfqsPerSecond: number,
  rounds: readonly RoundResult[],
): SoakResults {
  const sum = (of: (round: RoundResult) => number) =>
    rounds.reduce((total, round) => total + of(round), 0)
  return {
    question:
      'Under a steady load of RFQs and kill -9 of the whole platform: does every RFQ that was acknowledged end once, is nothing traded that nobody accepted, and is everything that was accepted traded once?',
    command,
    machine: `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, load average ${loadavg()[0]?.toFixed(1)} at the end, Node ${process.version}`,
    rfqsPerSecond,
    totals: {
      seconds: sum(({ seconds }) => seconds),
      kills: sum(({ kills }) => kills),
      created: sum(({ created }) => created),
      acknowledged: sum(({ acknowledged }) => acknowledged),
      unanswered: sum(({ unanswered }) => unanswered),
      trades: sum(({ trades }) => trades),
      faults: sum(({ faults }) => faults.length),
      longestRestartMs: Math.max(0, ...rounds.flatMap(({ restartMs }) => restartMs)),
    },
    rounds,
  }
}

export function writeResults(file: string, results: SoakResults): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`)
}
