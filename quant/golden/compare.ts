/** Of a vector file: plain bounds, or a rule in words, which no comparison of numbers can check. */
interface Tolerance {
  readonly abs?: number
  readonly rel?: number
  readonly rule?: string
}

export interface Tolerances {
  readonly default: Tolerance
  readonly byField?: Readonly<Record<string, Tolerance>>
}

export interface Comparison {
  /** What differs beyond the tolerance, each with its place. */
  readonly problems: readonly string[]
  /** Largest |actual - expected| of a number, and where; undefined where no number was compared. */
  readonly worst: { readonly error: number; readonly at: string } | undefined
}

const DECIMAL = /^-?\d+(\.\d+)?$/u

/**
 * Numbers pass within abs + rel x |expected|, by the tolerance of the nearest enclosing property that has one; everything else is exact.
 * Properties that are not expected are not looked at.
 */
export function compare(expected: unknown, actual: unknown, tolerances: Tolerances): Comparison {
  const problems: string[] = []
  let worst: Comparison['worst']
  const visit = (wanted: unknown, got: unknown, at: string, outer: Tolerance): void => {
    const field = /(?<field>[^.[\]]+)(?:\[\d+\])*$/u.exec(at)?.groups?.['field'] ?? ''
    const tolerance = tolerances.byField?.[field] ?? outer
    if (tolerance.abs === undefined && tolerance.rel === undefined) return
    if (Array.isArray(wanted)) {
      if (!Array.isArray(got) || got.length !== wanted.length) {
        problems.push(`${at}: not ${wanted.length} items`)
        return
      }
      for (const [index, item] of wanted.entries())
        visit(item, got[index], `${at}[${index}]`, tolerance)
    } else if (typeof wanted === 'object' && wanted !== null) {
      const members = new Map(typeof got === 'object' && got !== null ? Object.entries(got) : [])
      for (const [name, member] of Object.entries(wanted))
        visit(member, members.get(name), at === '' ? name : `${at}.${name}`, tolerance)
    } else if (isNumeric(wanted) && isNumeric(got)) {
      const error = Math.abs(Number(got) - Number(wanted))
      if (worst === undefined || error > worst.error) worst = { error, at }
      const bound = (tolerance.abs ?? 0) + (tolerance.rel ?? 0) * Math.abs(Number(wanted))
      if (!(error <= bound)) problems.push(`${at}: ${String(got)} instead of ${String(wanted)}`)
    } else if (wanted !== got) {
      problems.push(`${at}: ${String(got)} instead of ${String(wanted)}`)
    }
  }
  visit(expected, actual, '', tolerances.default)
  return { problems, worst }
}

function isNumeric(value: unknown): value is number | string {
  return typeof value === 'number' || (typeof value === 'string' && DECIMAL.test(value))
}
