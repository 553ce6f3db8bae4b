import { createHash } from 'node:crypto'
import type { SimulateOptions } from '../simulate.ts'
import type { Part } from './results-file.ts'
import { reportOf, runSeed, type SeedReport } from './run-seed.ts'

export interface PartRequest extends SimulateOptions {
  readonly from: number
  readonly to: number
  /** Ends at the first seed that fails. */
  readonly untilFailure: boolean
}

/** Runs seeds one after the other. */
export async function runPart(request: PartRequest): Promise<Part> {
  const { from, to, untilFailure } = request
  const startMs = performance.now()
  const hash = createHash('sha256')
  const failed: SeedReport[] = []
  let seed = from
  for (; seed <= to; seed++) {
    const report = reportOf(await runSeed(seed, request))
    hash.update(report.hash)
    if (report.broken === undefined) continue
    failed.push(report)
    if (untilFailure) break
  }
  const last = Math.min(seed, to)
  return {
    from,
    to: last,
    passed: last - from + 1 - failed.length,
    failed,
    hash: hash.digest('hex').slice(0, 16),
    durationMs: Math.round(performance.now() - startMs),
  }
}
