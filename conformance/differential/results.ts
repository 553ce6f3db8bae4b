import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Part, PartRun } from './part.ts'

/** What a finished part leaves behind: a line of figures, and the cases that differed. */
const partResultSchema = z.strictObject({
  category: z.string(),
  seed: z.int(),
  count: z.int(),
  passed: z.int(),
  failed: z.int(),
  quirk: z.int(),
  failedIds: z.array(z.string()),
  generateMs: z.int(),
  runMs: z.int(),
  engine: z.string(),
  commit: z.string(),
})
export type PartResult = z.infer<typeof partResultSchema>

/** The folder of one run: `<category>.<part>.json`, and `differences/<case id>.json`, which the conformance command runs again. */
export class RunResults {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
    mkdirSync(join(directory, DIFFERENCES), { recursive: true })
  }

  /** Undefined: the part is not done, or was done with another seed, count or store engine, or with differences. */
  done(part: Part, engine: string): PartResult | undefined {
    const file = this.#fileOf(part)
    if (!existsSync(file)) return undefined
    const read = partResultSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (!read.success) return undefined
    const { seed, count, failed } = read.data
    const isSame = seed === part.seed && count === part.count && read.data.engine === engine
    return isSame && failed === 0 ? read.data : undefined
  }

  save(run: PartRun, made: { readonly engine: string; readonly commit: string }): PartResult {
    const { part, reports, differing } = run
    const count = (outcome: string) => reports.filter((one) => one.outcome === outcome).length
    const failedIds = reports.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
    const result: PartResult = {
      category: part.category,
      seed: part.seed,
      count: part.count,
      passed: count('passed'),
      failed: failedIds.length,
      quirk: count('quirk'),
      failedIds,
      generateMs: Math.round(run.generateMs),
      runMs: Math.round(run.runMs),
      ...made,
    }
    for (const { id } of reports)
      if (!differing.has(id)) rmSync(this.#differenceFile(id), { force: true })
    for (const [id, line] of differing) {
      writeFileSync(this.#differenceFile(id), caseFileText(part.category, [line]))
    }
    writeWhole(this.#fileOf(part), `${JSON.stringify(result)}\n`)
    return result
  }

  #fileOf({ category, index }: Part): string {
    return join(this.directory, `${category}.${String(index).padStart(4, '0')}.json`)
  }

  #differenceFile(id: string): string {
    return join(this.directory, DIFFERENCES, `${id}.json`)
  }
}

const DIFFERENCES = 'differences'

/** A file of the grammar, one case a line. */
function caseFileText(category: string, lines: readonly string[]): string {
  const head = `{"schemaVersion":2,"category":${JSON.stringify(category)},"cases":[`
  return `${head}\n${lines.join(',\n')}\n]}\n`
}

/** Whole or not at all: a run that is killed leaves no half result. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
}
