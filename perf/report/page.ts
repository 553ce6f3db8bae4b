import { namesIn, textOf } from './generated-files.ts'
import type { KeptResult, KeptResults } from './kept-results.ts'
import { byFile, footerOf, PAGE_DIRECTORY, type Section } from './section.ts'
import { SECTIONS } from './sections/index.ts'

/** The whole report: the page and its plots, by path from the root of the project. */
export function reportFiles(kept: KeptResults): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const parts: string[] = []
  for (const section of SECTIONS) {
    const results = kept.shown(section.rule)
    const plots = results.length === 0 ? {} : section.plots(results, footerOf(section.command))
    for (const [name, svg] of Object.entries(plots)) files.set(`${PAGE_DIRECTORY}/${name}.svg`, svg)
    parts.push(sectionText(section, results, Object.keys(plots), kept))
  }
  files.set(
    `${PAGE_DIRECTORY}/README.md`,
    `${[HEAD, contents(), ...parts, EXPERIMENTS].join('\n\n')}\n`,
  )
  return files
}

const HEAD = `# Benchmarks

Made by \`npm run report\` out of the newest verified results in [perf/results](../../perf/results): do not edit. How each figure is taken and how to read
it: [perf](../../perf/README.md). Which results a section shows is a table: [perf/report/shown.ts](../../perf/report/shown.ts). Orion is always blue.`

const EXPERIMENTS = `## Experiments

What was tried to make it faster, one change at a time, and what came of it: [experiments](experiments.md).`

function contents(): string {
  return SECTIONS.map(({ title }) => `- [${title}](#${anchorOf(title)})`).join('\n')
}

function sectionText(
  { id, title, about, rule, command, table }: Section,
  results: readonly KeptResult[],
  plots: readonly string[],
  kept: KeptResults,
): string {
  const missing = kept.missing(rule).map(({ scenario, configuration, command: run }) => {
    const which = Object.entries(configuration ?? {}).map(([name, value]) => `${name} ${value}`)
    return `Not measured yet: ${[scenario, ...which].join(', ')}; run \`${run}\`.`
  })
  const shown =
    results.length === 0
      ? []
      : [
          ...plots.map((name) => `![${title}](${name}.svg)`),
          table(results),
          sources(results, command),
        ]
  return [`## ${title}`, about, ...shown, ...missing, ...noteOf(id)].join('\n\n')
}

function sources(results: readonly KeptResult[], command: Section['command']): string {
  return byFile(results)
    .map((ofFile) => {
      const [{ file, date, commit, modified, runs, machine }] = ofFile
      const facts = [
        date.slice(0, 10),
        `commit ${commit.slice(0, 7)}${modified ? ' and changes' : ''}`,
        `${machine.cpus} x ${machine.cpu}`,
        `load before ${machine.loadAverageBefore[0] ?? 'unknown'}`,
        runs === 1 ? 'one run' : `${runs} runs`,
      ]
      return `- [${file.replace('perf/results/', '')}](../../${file}): ${facts.join(', ')}; \`${command(ofFile)}\``
    })
    .join('\n')
}

/** What people write beside the figures, as they wrote it. */
function noteOf(id: string): readonly string[] {
  const name = `${id}.md`
  return namesIn(`${PAGE_DIRECTORY}/notes`).includes(name)
    ? [textOf(`${PAGE_DIRECTORY}/notes/${name}`)?.trim() ?? '']
    : []
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
