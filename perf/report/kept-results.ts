import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from './root.ts'

const resultSchema = z.object({
  scenario: z.string(),
  commit: z.string(),
  modified: z.boolean(),
  date: z.iso.datetime(),
  node: z.string(),
  machine: z.object({
    cpu: z.string(),
    cpus: z.number(),
    memoryGiB: z.number(),
    loadAverageBefore: z.array(z.number()),
  }),
  configuration: z.record(z.string(), z.unknown()),
  runs: z.number(),
  samples: z.unknown(),
  figures: z.record(z.string(), z.unknown()),
  outputVerified: z.boolean(),
})

/** One measurement and the file it is kept in. */
export interface KeptResult extends z.output<typeof resultSchema> {
  /** Path from the root of the project. */
  readonly file: string
}

/** Which results a section shows: of each kind the newest. */
export interface Rule {
  readonly scenarios: readonly string[]
  /** Parts of the configuration; results that are equal in them are of one kind. */
  readonly kind: readonly string[]
  /** Only results with this configuration. */
  readonly where?: Configuration
  /** File names: what they hold is shown although something newer may be there. */
  readonly pinned?: readonly string[]
  /** What belongs into the report; where it has no result, its command is named. */
  readonly wanted: readonly Wanted[]
}

export interface Wanted {
  readonly scenario: string
  readonly configuration?: Configuration
  readonly command: string
}

type Configuration = Readonly<Record<string, unknown>>

/** All verified results of a directory. */
export class KeptResults {
  readonly #results: readonly KeptResult[]

  constructor(results: readonly KeptResult[]) {
    this.#results = results.filter(({ outputVerified }) => outputVerified)
  }

  /** @throws {Error} when a file there is not a list of results */
  static read(directory = 'perf/results'): KeptResults {
    const files = readdirSync(join(ROOT, directory))
      .filter((name) => name.endsWith('.json'))
      .sort()
    return new KeptResults(files.flatMap((name) => readResults(`${directory}/${name}`)))
  }

  /** The newest of each kind, by kind. */
  shown({ scenarios, kind, where = {}, pinned = [] }: Rule): readonly KeptResult[] {
    const newest = new Map<string, KeptResult>()
    const rank = (result: KeptResult): string =>
      `${pinned.some((name) => result.file.endsWith(`/${name}`)) ? 1 : 0} ${result.date} ${result.file}`
    for (const result of this.#results) {
      const place = scenarios.indexOf(result.scenario)
      if (place < 0 || !isOf(result, where)) continue
      const id = `${place} ${kindOf(result, kind)}`
      const other = newest.get(id)
      if (other === undefined || rank(result) >= rank(other)) newest.set(id, result)
    }
    return [...newest]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([, result]) => result)
  }

  all(scenario: string): readonly KeptResult[] {
    return this.#results.filter((result) => result.scenario === scenario)
  }

  /** What the rule wants and nobody has measured. */
  missing(rule: Rule): readonly Wanted[] {
    const there = this.shown(rule)
    return rule.wanted.filter(
      ({ scenario, configuration = {} }) =>
        !there.some((result) => result.scenario === scenario && isOf(result, configuration)),
    )
  }

  /** The newest of a scenario with this configuration. */
  newest(scenario: string, configuration: Configuration = {}): KeptResult {
    const [found] = this.all(scenario)
      .filter((result) => isOf(result, configuration))
      .sort((a, b) => (a.date < b.date ? 1 : -1))
    if (found === undefined)
      throw new Error(`there is no verified result of ${scenario} ${JSON.stringify(configuration)}`)
    return found
  }
}

/** A number in a result's figures (or samples, in any JSON) by its dotted path. @throws {Error} when there is none */
export function numberAt(source: unknown, path: string): number {
  const value = valueAt(source, path)
  if (typeof value !== 'number') throw new Error(`there is no number at ${path}`)
  return value
}

export function valueAt(source: unknown, path: string): unknown {
  let at = source
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return at
}

function readResults(file: string): readonly KeptResult[] {
  const parsed = z.array(resultSchema).safeParse(JSON.parse(readFileSync(join(ROOT, file), 'utf8')))
  if (!parsed.success)
    throw new Error(`${file} is not a list of results:\n${z.prettifyError(parsed.error)}`)
  return parsed.data.map((result) => ({ ...result, file }))
}

function kindOf({ configuration }: KeptResult, kind: readonly string[]): string {
  return kind.map((name) => JSON.stringify(configuration[name] ?? null)).join(' ')
}

function isOf(result: KeptResult, configuration: Configuration): boolean {
  return Object.entries(configuration).every(
    ([name, value]) => JSON.stringify(result.configuration[name]) === JSON.stringify(value),
  )
}
