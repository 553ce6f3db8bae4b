import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readCases } from '../grammar/case-files.ts'
import type { CaseSetup } from '../run/case-driver.ts'
import { type CaseReport, reportOfFault, runCases } from '../run/run-cases.ts'
import { generateCases, type Oracle } from './oracle.ts'

/** A stretch of a long run: `count` cases of one category from one seed of the oracle. */
export interface Part {
  readonly category: string
  readonly index: number
  readonly seed: number
  readonly count: number
}

export interface PartRun {
  readonly part: Part
  readonly reports: readonly CaseReport[]
  /** Cases that differ, as the oracle wrote them: one line of JSON each, by id. */
  readonly differing: ReadonlyMap<string, string>
  readonly generateMs: number
  readonly runMs: number
}

const PARTS_PER_SEED = 100_000

/** The parts of a run of `count` cases: neighbouring seeds of runs never share a seed of the oracle. */
export function partsOf(run: {
  readonly seed: number
  readonly count: number
  readonly partSize: number
  readonly categories: readonly string[]
}): Part[] {
  const parts: Part[] = []
  for (let begin = 0, index = 0; begin < run.count; begin += run.partSize, index++) {
    const count = Math.min(run.partSize, run.count - begin)
    const seed = run.seed * PARTS_PER_SEED + index
    // Category by category within a stretch: a run that is cut short has looked at all of them.
    for (const category of run.categories) parts.push({ category, index, seed, count })
  }
  return parts
}

/** Generates a part on Kafka Streams, runs it here and compares. */
export async function runPart(
  oracle: Oracle,
  part: Part,
  options: {
    readonly setup: CaseSetup
    /** For the generated file, which is removed afterwards. */
    readonly directory: string
    readonly nowMs: () => number
  },
): Promise<PartRun> {
  const { category, index, seed, count } = part
  const out = join(options.directory, `${category}.${index}.json`)
  const begunMs = options.nowMs()
  try {
    await generateCases(oracle, { category, seed, count, out })
    const generatedMs = options.nowMs()
    const { cases, faults } = readCases(out)
    if (cases.length + faults.length !== count) {
      throw new Error(`the oracle made ${cases.length + faults.length} cases instead of ${count}`)
    }
    const reports = [...faults.map(reportOfFault), ...(await runCases(cases, options.setup))]
    const ids = new Set(reports.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id))
    return {
      part,
      reports,
      differing: ids.size === 0 ? new Map() : linesOf(out, ids),
      generateMs: generatedMs - begunMs,
      runMs: options.nowMs() - generatedMs,
    }
  } finally {
    rmSync(out, { force: true })
  }
}

function linesOf(file: string, ids: ReadonlySet<string>): Map<string, string> {
  const parsed: { readonly cases: readonly { readonly id: string }[] } = JSON.parse(
    readFileSync(file, 'utf8'),
  )
  const wanted = parsed.cases.filter(({ id }) => ids.has(id))
  return new Map(wanted.map((found) => [found.id, JSON.stringify(found)]))
}
