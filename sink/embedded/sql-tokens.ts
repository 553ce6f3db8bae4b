export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign'
  /** A quoted identifier without its quotes. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** Depth of round brackets that the token stands in. */
  readonly depth: number
}

const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const NUMBER = /\d[\p{L}\p{N}_.]*/uy
const SPACE = /\s+/uy

/**
 * Tokens of a statement in the engine's own canonical form (`formatQuerySingleLine`), where comments, heredocs and
 * spelling variants are gone. Undefined where a quote is not closed: such text is not canonical.
 */
export function sqlTokens(sql: string): readonly SqlToken[] | undefined {
  const tokens: SqlToken[] = []
  let depth = 0
  let at = 0
  const plain = (kind: 'word' | 'number', expression: RegExp): boolean => {
    expression.lastIndex = at
    const text = expression.exec(sql)?.[0]
    if (text === undefined) return false
    tokens.push({ kind, text, start: at, end: at + text.length, depth })
    at += text.length
    return true
  }
  while (at < sql.length) {
    SPACE.lastIndex = at
    if (SPACE.test(sql)) {
      at = SPACE.lastIndex
      continue
    }
    const sign = sql.charAt(at)
    if (sign === "'" || sign === '`' || sign === '"') {
      const end = closingQuote(sql, at)
      if (end === undefined) return undefined
      const text = sql.slice(at + 1, end).replace(/\\(.)/gsu, '$1')
      tokens.push({
        kind: sign === "'" ? 'string' : 'quoted',
        text,
        start: at,
        end: end + 1,
        depth,
      })
      at = end + 1
      continue
    }
    if (plain('word', WORD) || plain('number', NUMBER)) continue
    if (sign === ')') depth -= 1
    tokens.push({ kind: 'sign', text: sign, start: at, end: at + 1, depth })
    if (sign === '(') depth += 1
    at += 1
  }
  return tokens
}

function closingQuote(sql: string, from: number): number | undefined {
  const quote = sql.charAt(from)
  for (let at = from + 1; at < sql.length; at++) {
    const sign = sql.charAt(at)
    if (sign === '\\') at += 1
    else if (sign === quote) {
      if (sql.charAt(at + 1) !== quote) return at
      at += 1
    }
  }
  return undefined
}
