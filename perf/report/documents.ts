import { FIGURES, type Sources, TABLES } from './figures.ts'
import { namesIn, textOf } from './generated-files.ts'
import type { KeptResults } from './kept-results.ts'
import { type MarkedTexts, partUnder, rewrite, tableRowsByHand } from './markers.ts'
import { missingText, PAGE_DIRECTORY } from './section.ts'
import { SECTIONS } from './sections/index.ts'

export interface Documents {
  /** Documents that change, by path from the root of the project. */
  readonly changed: ReadonlyMap<string, string>
  /** What stands there and what should, a line each. */
  readonly stale: readonly string[]
  /** What nobody can make anew, and figures that stand there by hand. */
  readonly errors: readonly string[]
}

const PAGE = `${PAGE_DIRECTORY}/README.md`

/** Makes the marked figures and tables of all documents anew. */
export function documentsWith(kept: KeptResults): Documents {
  const texts = textsOf({ kept, document: readDocument })
  const changed = new Map<string, string>()
  const stale: string[] = []
  const errors: string[] = []
  for (const path of paths()) {
    const document = textOf(path) ?? ''
    const made = rewrite(document, texts)
    if (made.text !== document) changed.set(path, made.text)
    stale.push(
      ...made.stale.map(
        ({ marker, was, shouldBe }) =>
          `${path}: ${marker} is ${difference(was, shouldBe)}, should be ${difference(shouldBe, was)}`,
      ),
    )
    errors.push(...made.errors.map((error) => `${path}: ${error}`), ...byHand(path, document))
  }
  return { changed, stale, errors }
}

/** @throws {Error} for a name that nobody defined */
export function textsOf(sources: Sources): MarkedTexts {
  return {
    figure: (name) => {
      const figure = FIGURES[name]
      if (figure === undefined) throw new Error('nobody defined it in perf/report/figures.ts')
      return figure(sources)
    },
    table: (name) => {
      const own = TABLES[name]
      if (own !== undefined) return own(sources)
      const section = SECTIONS.find(({ id }) => id === name)
      if (section === undefined)
        throw new Error(
          'no section of the report and nothing in perf/report/figures.ts has this table',
        )
      const results = sources.kept.shown(section.rule)
      return results.length === 0
        ? sources.kept.missing(section.rule).map(missingText).join('\n')
        : section.table(results)
    },
  }
}

/**
 * Figures in tables that no results file gives: none may stand under "Figures" of perf/README.md; elsewhere in docs a table is history, and its part of
 * the document names the results file.
 */
export function byHand(path: string, document: string): readonly string[] {
  if (path === 'perf/README.md') {
    return tableRowsByHand(partUnder(document, 'Figures')).map(
      ([line, row]) => `${path}:${line}: a table of figures stands here by hand: ${told(row)}`,
    )
  }
  if (!path.startsWith(`${PAGE_DIRECTORY}/`)) return []
  return document
    .split(/^(?=## )/m)
    .filter((part) => !/\.json\b/.test(part) && tableRowsByHand(part).length > 0)
    .map((part) => `${path}: ${told(part)} has a table of figures and names no results file`)
}

function paths(): readonly string[] {
  return [
    'README.md',
    'perf/README.md',
    ...markdownUnder('docs').filter((path) => path !== PAGE),
    ...markdownUnder('streams/docs'),
  ]
}

function markdownUnder(directory: string): readonly string[] {
  return namesIn(directory).flatMap((name) => {
    const path = `${directory}/${name}`
    return name.endsWith('.md') ? [path] : name.includes('.') ? [] : markdownUnder(path)
  })
}

function readDocument(path: string): unknown {
  const text = textOf(path)
  if (text === undefined) throw new Error(`${path} is not there`)
  return JSON.parse(text)
}

/** The first line that the other does not have. */
function difference(text: string, other: string): string {
  const others = new Set(other.split('\n'))
  return told(text.split('\n').find((line) => !others.has(line)) ?? text)
}

/** Its first line, cut. */
function told(text: string): string {
  const [line = ''] = text.trim().split('\n')
  return `"${line.length > 100 ? `${line.slice(0, 99)}…` : line}"`
}
