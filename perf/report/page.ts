import { type KeptFlame, keptFlames } from './flame/flames.ts'
import { type Files, namesIn, textOf } from './generated-files.ts'
import type { KeptResult, KeptResults } from './kept-results.ts'
import { withoutMarkers } from './markers.ts'
import { byFile, footerOf, missingText, PAGE_DIRECTORY, type Section } from './section.ts'
import { SECTIONS } from './sections/index.ts'

/** The whole report: the page and its plots, by path from the root of the project. */
export function reportFiles(kept: KeptResults): Files {
  const files = new Map<string, string>()
  const parts = SECTIONS.map((section) => {
    const results = kept.shown(section.rule)
    const plots = results.length === 0 ? {} : section.plots(results, footerOf(section.command))
    for (const [name, svg] of Object.entries(plots)) files.set(`${PAGE_DIRECTORY}/${name}.svg`, svg)
    return sectionText(section, results, Object.keys(plots), kept)
  })
  const flames = keptFlames()
  for (const { path, svg } of flames) files.set(path, svg)
  const page = [HEAD, contents(), ...parts, flamesText(flames), experimentsText()].join('\n\n')
  files.set(`${PAGE_DIRECTORY}/README.md`, `${page}\n`)
  return files
}

const HEAD = `# Benchmarks

Made by \`npm run report\` out of the newest verified results in [perf/results](../../perf/results): do not edit. How each figure is taken and how to read
it: [perf](../../perf/README.md). Which results a section shows is a table: [perf/report/shown.ts](../../perf/report/shown.ts). Orion is always blue.`

function flamesText(flames: readonly KeptFlame[]): string {
  const about =
    'Where the CPU goes, by room: wide is long, callers are below what they call. Open one by itself for the name and share of each frame. Kept with `node bin/node.js perf/report/flame-main.ts FILE.cpuprofile` out of what `npm run bench -- NAME --cpu-prof DIRECTORY` writes.'
  const graphs = flames.map(
    ({ title, path }) => `### ${title}\n\n[![${title}](${inPage(path)})](${inPage(path)})`,
  )
  return ['## Flame graphs', about, ...(graphs.length === 0 ? ['None is kept yet.'] : graphs)].join(
    '\n\n',
  )
}

function experimentsText(): string {
  const page = 'experiments.md'
  const there = namesIn(PAGE_DIRECTORY).includes(page)
  return `## Experiments\n\nWhat was tried to make it faster, one change at a time, and what came of it: ${there ? `[experiments](${page})` : 'none is written down yet'}.`
}

function inPage(path: string): string {
  return path.slice(PAGE_DIRECTORY.length + 1)
}

function contents(): string {
  return [...SECTIONS.map(({ title }) => title), 'Flame graphs', 'Experiments']
    .map((title) => `- [${title}](#${anchorOf(title)})`)
    .join('\n')
}

function sectionText(
  { id, title, about, rule, command, table }: Section,
  results: readonly KeptResult[],
  plots: readonly string[],
  kept: KeptResults,
): string {
  const missing = kept.missing(rule).map(missingText)
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
    ? [withoutMarkers(textOf(`${PAGE_DIRECTORY}/notes/${name}`) ?? '').trim()]
    : []
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
