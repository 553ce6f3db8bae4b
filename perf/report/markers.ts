/** `<!-- figure: NAME -->text<!-- /figure -->` within a line; `<!-- table: NAME -->`, a table, `<!-- /table -->` on lines of their own. */
const MARKED = /<!-- (figure|table): ([\w.-]+) -->([\s\S]*?)<!-- \/\1 -->/g

export interface MarkedTexts {
  /** Text of a figure. @throws {Error} for a name that nobody defined, or without a result */
  readonly figure: (name: string) => string
  /** A whole table in Markdown. @throws {Error} likewise */
  readonly table: (name: string) => string
}

export interface Rewritten {
  readonly text: string
  readonly stale: readonly Stale[]
  /** What cannot be rewritten, in a sentence each. */
  readonly errors: readonly string[]
}

interface Stale {
  readonly marker: string
  readonly was: string
  readonly shouldBe: string
}

/** A document with what stands between its markers made anew. */
export function rewrite(document: string, texts: MarkedTexts): Rewritten {
  const stale: Stale[] = []
  const errors: string[] = []
  const text = document.replaceAll(
    MARKED,
    (whole: string, kind: 'figure' | 'table', name: string, was: string) => {
      try {
        const made = kind === 'figure' ? texts.figure(name) : `\n\n${texts.table(name)}\n\n`
        if (made !== was) stale.push({ marker: `${kind} ${name}`, was, shouldBe: made })
        return `<!-- ${kind}: ${name} -->${made}<!-- /${kind} -->`
      } catch (error) {
        errors.push(`${kind} ${name}: ${error instanceof Error ? error.message : String(error)}`)
        return whole
      }
    },
  )
  const opened = document.match(/<!-- (?:figure|table):/g)?.length ?? 0
  const whole = document.match(MARKED)?.length ?? 0
  if (opened !== whole) errors.push(`${opened - whole} markers of figures or tables have no end`)
  return { text, stale, errors }
}

/** For where nobody looks for them. */
export function withoutMarkers(document: string): string {
  return document.replaceAll(/<!-- \/?(?:figure|table)\b[^>]*-->/g, '')
}

/** Lines of tables that hold numbers and stand in no marker, with their numbers (from 1). */
export function tableRowsByHand(
  document: string,
): readonly (readonly [line: number, text: string])[] {
  const blank = document.replaceAll(MARKED, (whole) => whole.replaceAll(/[^\n]/g, ''))
  return blank
    .split('\n')
    .map((text, index) => [index + 1, text] as const)
    .filter(([, text]) => text.startsWith('|') && /\d/.test(text))
}

/** The part of a document under a heading of the second level; '' when there is none. Lines before it are kept empty, so that numbers of lines hold. */
export function partUnder(document: string, heading: string): string {
  let inside = false
  return document
    .split('\n')
    .map((line) => {
      if (line.startsWith('## ')) inside = line === `## ${heading}`
      return inside ? line : ''
    })
    .join('\n')
}
