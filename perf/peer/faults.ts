import { numberIn } from './figures.ts'
import type { Comparison, PeerLine, Turn } from './turns.ts'

export interface Expected {
  readonly app: Comparison['app']
  readonly records: number
  /** Inputs that repeat another. */
  readonly repeats: number
  /** Updates of a window between two commits may come out as one. */
  readonly merged: boolean
}

const WINDOW_MS = 60_000
const GRACE_MS = 5_000
/** Each partition's last record is this near the end of the input, in ms of event time. */
const LAST_MS_MAX = 1_000

/** Least input of which a window closes for certain: the records are 1 ms apart and begin with a window. */
export const RECORDS_TO_CLOSE = WINDOW_MS + GRACE_MS + LAST_MS_MAX + 1

/** What is wrong with the outputs of throughput, a sentence each: every record counted once, on both sides alike. */
export function throughputFaults(turns: readonly Turn[], expected: Expected): readonly string[] {
  return [
    ...turns.flatMap((turn) => outputFaults(turn.line, expected).map((what) => told(turn, what))),
    ...differences(turns, 'sumOfLastCounts'),
    ...differences(turns, 'outputKeys'),
  ]
}

/** Every record that went in came out, and once. */
export function latencyFaults(turns: readonly Turn[]): readonly string[] {
  return turns.flatMap((turn) => {
    const [inputs, outputs] = [numberIn(turn.line, 'inputs'), numberIn(turn.line, 'outputs')]
    return inputs === outputs ? [] : [told(turn, `${outputs} outputs of ${inputs} inputs`)]
  })
}

/** After the wipe, counts went on from what they were. */
export function restoreFaults(turns: readonly Turn[]): readonly string[] {
  return turns
    .filter(({ line }) => line['restoredCountsRight'] !== true)
    .map((turn) => told(turn, 'the restored counts are wrong'))
}

function outputFaults(line: PeerLine, { app, records, repeats, merged }: Expected): string[] {
  const [outputs, sum] = [numberIn(line, 'outputs'), numberIn(line, 'sumOfLastCounts')]
  if (app === 'window-suppress') {
    return [
      ...between('outputs', outputs, numberIn(line, 'outputKeys'), numberIn(line, 'outputKeys')),
      ...between('sum of last counts', sum, closed(records - LAST_MS_MAX), closed(records)),
    ]
  }
  const counted = records - repeats
  const least = merged ? numberIn(line, 'outputKeys') : counted
  return [
    ...between('outputs', outputs, least, counted),
    ...between('sum of last counts', sum, counted, counted),
  ]
}

/** Records in windows that the input closes. */
function closed(records: number): number {
  return Math.max(0, Math.floor((records - 1 - GRACE_MS) / WINDOW_MS) * WINDOW_MS)
}

function between(what: string, value: number, min: number, max: number): string[] {
  const right = min === max ? `${min}` : `${min} to ${max}`
  return value >= min && value <= max ? [] : [`${what}: ${value}, not ${right}`]
}

function differences(turns: readonly Turn[], field: string): string[] {
  const values = new Set(turns.map(({ line }) => numberIn(line, field)))
  return values.size <= 1 ? [] : [`${field} differs between turns: ${[...values].join(', ')}`]
}

function told({ side, round }: Turn, what: string): string {
  return `${side}, round ${round}: ${what}`
}
