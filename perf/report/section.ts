import type { KeptResult, Rule, Wanted } from './kept-results.ts'

/** A part of the report: what is shown of some results. */
export interface Section {
  readonly id: string
  readonly title: string
  /** What was measured and how to read it, in Markdown. */
  readonly about: string
  readonly rule: Rule
  /** What was run to get these results, which are of one file. */
  readonly command: (results: readonly [KeptResult, ...KeptResult[]]) => string
  /** In Markdown, of at least one result. */
  readonly table: (results: readonly KeptResult[]) => string
  /** SVG by name; the name becomes part of the file's. */
  readonly plots: (
    results: readonly KeptResult[],
    footer: Footer,
  ) => Readonly<Record<string, string>>
}

/** Lines that tell where a plot's data come from. */
export type Footer = (results: readonly KeptResult[]) => readonly string[]

/** Each file with commit, machine and date; below them what was run. */
export function footerOf(command: Section['command']): Footer {
  return (results) => {
    const files = byFile(results)
    return [...files.map(([result]) => provenance(result)), ...files.map(command)]
  }
}

export function byFile(
  results: readonly KeptResult[],
): readonly (readonly [KeptResult, ...KeptResult[]])[] {
  const files = new Map<string, [KeptResult, ...KeptResult[]]>()
  for (const result of results) {
    const others = files.get(result.file)
    if (others === undefined) files.set(result.file, [result])
    else others.push(result)
  }
  return [...files.values()]
}

/** The values that a part of the configuration has, for an option that takes several. */
export function valuesOf(results: readonly KeptResult[], part: string): string {
  return [...new Set(results.map(({ configuration }) => String(configuration[part])))].join(',')
}

function provenance({ file, commit, modified, machine, date }: KeptResult): string {
  return [
    file,
    `commit ${commit.slice(0, 7)}${modified ? ' and changes' : ''}`,
    `${machine.cpus} x ${machine.cpu}, ${machine.memoryGiB} GiB`,
    `${date.slice(0, 16).replace('T', ' ')} UTC`,
  ].join('  ·  ')
}

export function missingText({ scenario, configuration = {}, command }: Wanted): string {
  const which = Object.entries(configuration).map(([name, value]) => `${name} ${String(value)}`)
  return `Not measured yet: ${[scenario, ...which].join(', ')}; run \`${command}\`.`
}

/** `npm run bench -- NAME --option value ...`; what is undefined or false is left out, true is a flag. */
export function bench(name: string, options: Readonly<Record<string, unknown>> = {}): string {
  const words = Object.entries(options).flatMap(([option, value]) =>
    value === undefined || value === false
      ? []
      : value === true
        ? [`--${option}`]
        : [`--${option} ${String(value)}`],
  )
  return ['npm run bench --', name, ...words].join(' ')
}

/** Which logs the results are of, as options. */
export function logOption(results: readonly KeptResult[]): Readonly<Record<string, unknown>> {
  const logs = new Set(results.map(({ configuration }) => configuration['log']))
  return logs.size > 1 ? { log: 'both', kafka: true } : logs.has('kafka') ? { kafka: true } : {}
}

/** Where plots are kept, from the root of the project. */
export const PAGE_DIRECTORY = 'docs/benchmarks'
export const FLAMES_DIRECTORY = `${PAGE_DIRECTORY}/flames`
