import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { RoundResult } from './round.ts'

export interface MatrixResults {
  readonly question: string
  readonly command: string
  readonly seed: number
  readonly machine: string
  readonly kafka: string
  readonly totals: {
    readonly kills: number
    readonly brokerKills: number
    readonly freezes: number
    readonly orders: number
    readonly lost: number
    readonly duplicated: number
    readonly storesDifferent: number
    readonly faults: number
    readonly longestSilenceMs: number
    readonly seconds: number
  }
  readonly rounds: readonly RoundResult[]
}

/** The rounds that a file has, none where there is no file. */
export function roundsIn(file: string | undefined): readonly RoundResult[] {
  if (file === undefined || !existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as MatrixResults).rounds
}

export function resultsOf(seed: number, rounds: readonly RoundResult[]): MatrixResults {
  const sum = (of: (round: RoundResult) => number) =>
    rounds.reduce((total, round) => total + of(round), 0)
  return {
    question:
      'Is every input counted exactly once under read_committed, and are stores equal to their changelogs, to a restore and to a calm run, after kill -9 of instances and brokers?',
    command: `npm run crash-matrix -- --kills ${sum(({ kills }) => kills)} --seed ${seed}`,
    seed,
    machine: `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, load average ${loadavg()[0]?.toFixed(1)} at the end, Node ${process.version}`,
    kafka: '4.3.1, three brokers, replication factor 3, min.insync.replicas 2',
    totals: {
      kills: sum(({ kills }) => kills),
      brokerKills: sum(({ brokerKills }) => brokerKills),
      freezes: sum(({ freezes }) => freezes),
      orders: sum(({ orders }) => orders),
      lost: sum(({ verdict }) => verdict.lost),
      duplicated: sum(({ verdict }) => verdict.duplicated),
      storesDifferent: sum(({ verdict }) => verdict.storesDifferent),
      faults: sum(({ verdict }) => verdict.faults.length),
      longestSilenceMs: Math.max(0, ...rounds.map((round) => round.longestSilenceMs)),
      seconds: sum(({ seconds }) => seconds),
    },
    rounds,
  }
}

export function writeResults(file: string, results: MatrixResults): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`)
}
