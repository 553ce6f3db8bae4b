import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Bench } from '../scenario.ts'
import { orionCommand, ROOT } from './orion-command.ts'
import type { PeerBroker } from './peer-broker.ts'
import type { PeerHome } from './peer-home.ts'
import { runGroup } from './run-group.ts'

export type Side = 'orion' | 'kafkaStreams'

/** One measurement of one side, as the observer printed it. */
export type PeerLine = Readonly<Record<string, unknown>>

export interface Turn {
  readonly side: Side
  readonly round: number
  readonly line: PeerLine
}

export interface Comparison {
  readonly what: 'throughput' | 'latency' | 'restore'
  readonly app: 'snapshot' | 'positions' | 'window' | 'window-suppress'
  readonly rounds: number
  /** Kafka Streams in turn; Orion alone otherwise. */
  readonly peer: boolean
  /** Further flags of the observer by name, for both sides alike. */
  readonly flags: Readonly<Record<string, string | number>>
}

export interface Taken {
  readonly turns: readonly Turn[]
  /** Versions and settings of the JVM side and the machine. */
  readonly jvm: PeerLine
  /** Fills that were made as repeats of another; undefined where no fills were made. */
  readonly repeats: number | undefined
}

const TURN_MS_MAX = 40 * 60_000
const lineSchema = z.record(z.string(), z.unknown())
const fileSchema = z.object({ meta: lineSchema })

/** Orion first, then Kafka Streams, round by round: a machine that slows down slows both. */
export function turnsOf({
  rounds,
  peer,
}: Pick<Comparison, 'rounds' | 'peer'>): readonly Omit<Turn, 'line'>[] {
  const sides: readonly Side[] = peer ? ['orion', 'kafkaStreams'] : ['orion']
  return Array.from({ length: rounds }, (_, index) =>
    sides.map((side) => ({ side, round: index + 1 })),
  ).flat()
}

/** Has one observer measure both sides in turn, each as a process of its own. @throws {Error} when a side failed */
export async function takeTurns(
  bench: Bench,
  home: PeerHome,
  broker: PeerBroker,
  comparison: Comparison,
): Promise<Taken> {
  const out = join(bench.directory(), 'lines.json')
  const turns: Turn[] = []
  let repeats: number | undefined
  for (const { side, round } of turnsOf(comparison)) {
    const { what, app } = comparison
    bench.progress(`${what} of ${app}, round ${round}: ${side}`)
    const lines: PeerLine[] = []
    await runGroup(home.run, flagsOf(comparison, { side, round, broker, out, bench }), {
      cwd: ROOT,
      env: broker.environment,
      signal: AbortSignal.any([bench.signal, AbortSignal.timeout(TURN_MS_MAX)]),
      onOutput: (text) => {
        bench.progress(`${side} ${text}`)
        lines.push(lineSchema.parse(JSON.parse(text)))
      },
      onError: (text) => {
        bench.progress(text)
        repeats = repeatsIn(text) ?? repeats
      },
    })
    turns.push({ side, round, line: onlyLine(lines, side) })
  }
  const { meta: jvm } = fileSchema.parse(JSON.parse(readFileSync(out, 'utf8')))
  return { turns, jvm, repeats }
}

function flagsOf(
  { what, app, flags }: Comparison,
  turn: Omit<Turn, 'line'> & {
    readonly broker: PeerBroker
    readonly out: string
    readonly bench: Bench
  },
): readonly string[] {
  const { side, round, broker, out, bench } = turn
  const all = {
    broker: broker.address,
    what,
    apps: app,
    guarantee: 'exactly_once_v2',
    reps: 1,
    'rep-from': round,
    label: side,
    out,
    ...flags,
    ...(side === 'orion' ? { 'app-cmd': orionCommand(bench.nodeArguments) } : {}),
  }
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
}

function onlyLine([line, ...more]: readonly PeerLine[], side: Side): PeerLine {
  if (line === undefined || more.length > 0) {
    throw new Error(`${side}: the observer printed ${more.length + (line ? 1 : 0)} lines, not one`)
  }
  if (line['error'] !== undefined) {
    throw new Error(`${side}: ${line['error']} (.err files are in target/work of the JVM side)`)
  }
  return line
}

/** Of the loader's "loaded 1,000,000 fills (10,034 repeats) into ...", however its locale groups digits. */
export function repeatsIn(text: string): number | undefined {
  const repeats = /^loaded .* fills \((.+) repeats\)/.exec(text)?.[1]
  return repeats === undefined ? undefined : Number(repeats.replaceAll(/\D/g, ''))
}
