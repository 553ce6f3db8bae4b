import { ClickHouseError } from './clickhouse-error.ts'
import { type SqlToken, sqlTokens } from './sql-tokens.ts'

/** What the engine knows, read once from its catalogue. All lower case. */
export interface EngineCatalogue {
  readonly functions: readonly {
    readonly name: string
    readonly category: string
    readonly aliasOf: string
    readonly aggregate: boolean
  }[]
  readonly tableFunctions: readonly string[]
  readonly types: readonly string[]
}

export interface FencedQuery {
  /** The statement to run: canonical, without its FORMAT clause. */
  readonly sql: string
  readonly format: string | undefined
}

/**
 * The second fence around users' statements; the first is the engine's (engine-config.ts, `readonly`). It works on the engine's own
 * canonical form of the statement, which is also what is run, so that no two parsers can disagree. What it refuses the engine
 * would allow: `INTO OUTFILE`, the scalar `file()`, functions that tell of the machine or of other users, statistics that count other
 * tenants' rows, and the catalogue beyond what clients need. Unknown functions are refused.
 */
export function queryFence(catalogue: EngineCatalogue): (canonical: string) => FencedQuery {
  const names = functionNames(catalogue)
  return (canonical) => {
    const tokens = sqlTokens(canonical)
    if (tokens === undefined) throw new ClickHouseError(62, 'The statement could not be read back')
    checkStatement(tokens)
    checkWords(tokens, names)
    checkDatabases(tokens)
    return withoutFormat(canonical, tokens)
  }
}

const STATEMENTS =
  /^(?:SELECT|WITH|SHOW (?:TABLES|DATABASES|CREATE TABLE)|DESCRIBE TABLE|EXISTS TABLE|EXPLAIN (?:AST|SYNTAX|QUERY TREE)?\s?(?:SELECT|WITH))\b/u

function checkStatement(tokens: readonly SqlToken[]): void {
  const first = tokens
    .slice(0, 4)
    .map((token) =>
      token.kind === 'word' ? token.text : token.kind === 'sign' && token.text === '(' ? '' : '?',
    )
  const opening = first.filter((word) => word !== '').join(' ')
  // A bare EXPLAIN shows parts and granules, which count rows of every tenant.
  if (!STATEMENTS.test(opening) || /^EXPLAIN (?:SELECT|WITH)/u.test(opening)) {
    throw new ClickHouseError(
      164,
      'Only SELECT, SHOW TABLES, SHOW DATABASES, SHOW CREATE TABLE, DESCRIBE, EXISTS and EXPLAIN AST, SYNTAX or QUERY TREE are allowed',
    )
  }
}

/** Words that are refused wherever they stand unquoted. */
const REFUSED_WORDS: ReadonlySet<string> = new Set([
  'INTO',
  'OUTFILE',
  'APPLY',
  'INSERT',
  'PARALLEL',
  'INFILE',
  'LOG_COMMENT',
])

function checkWords(tokens: readonly SqlToken[], names: FunctionNames): void {
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' && token.kind !== 'quoted') continue
    if (token.kind === 'word' && REFUSED_WORDS.has(token.text.toUpperCase())) {
      throw new ClickHouseError(164, `${token.text} is not allowed`)
    }
    const name = token.text.toLowerCase()
    // The engine checks the outermost clause against readonly, but takes one in a subquery as it is.
    const afterDot = tokens[index - 1]?.text === '.'
    if (token.kind === 'word' && name === 'settings' && !afterDot) {
      throw new ClickHouseError(164, 'SETTINGS is not allowed: send settings with the request')
    }
    // Wherever it stands: a function's bare name is an argument of higher-order functions.
    if (names.refused.has(name)) throw new ClickHouseError(497, `${token.text} is not allowed here`)
    const next = tokens[index + 1]
    const called = next?.kind === 'sign' && next.text === '('
    if (called && !isAliasList(tokens, index) && !names.allows(token)) {
      throw new ClickHouseError(497, `The function ${token.text} is not allowed here`)
    }
    const before = tokens[index - 1]
    if (name === 'identifier' && before?.kind === 'sign' && before.text === ':') {
      throw new ClickHouseError(497, 'Parameters of type Identifier are not allowed here')
    }
  }
}

/** `... AS t(a, b)` names columns. */
function isAliasList(tokens: readonly SqlToken[], index: number): boolean {
  const before = tokens[index - 1]
  return before?.kind === 'word' && before.text === 'AS'
}

const OPEN_CATALOGUE: ReadonlySet<string> = new Set([
  'one',
  'numbers',
  'settings',
  'databases',
  'functions',
  'data_type_families',
  'formats',
  'tables',
  'columns',
])
/** Of `system.tables` and `system.columns`: statistics count every tenant's rows, and definitions are the sink's. */
const CATALOGUE_STATISTICS =
  /^(?:total_|.*bytes|.*rows|.*parts|.*marks|lifetime|.*uuid|.*path|metadata_)/u

function checkDatabases(tokens: readonly SqlToken[]): void {
  let statistics = false
  for (const [index, token] of tokens.entries()) {
    const name = token.text.toLowerCase()
    if (token.kind !== 'word' && token.kind !== 'quoted') continue
    if (name === 'information_schema' || name === 'orion_admin') {
      throw new ClickHouseError(497, `The database ${token.text} is not readable`)
    }
    if (name !== 'system') continue
    const table =
      tokens[index + 1]?.text === '.' ? tokens[index + 2]?.text.toLowerCase() : undefined
    if (table === undefined || !OPEN_CATALOGUE.has(table)) {
      throw new ClickHouseError(
        497,
        `system.${table ?? '*'} is not readable; these are: ${[...OPEN_CATALOGUE].join(', ')}`,
      )
    }
    if (table === 'tables' || table === 'columns') statistics = true
  }
  if (!statistics) return
  for (const token of tokens) {
    const refused =
      token.text === '*' ||
      (token.text.toUpperCase() === 'COLUMNS' && token.kind === 'word' && token.text !== 'columns')
    if (
      refused ||
      ((token.kind === 'word' || token.kind === 'quoted') &&
        CATALOGUE_STATISTICS.test(token.text.toLowerCase()))
    ) {
      throw new ClickHouseError(
        497,
        `${token.text} is not readable in system.tables and system.columns: name other columns`,
      )
    }
  }
}

function withoutFormat(canonical: string, tokens: readonly SqlToken[]): FencedQuery {
  for (let index = tokens.length - 2; index > 0; index--) {
    const token = tokens[index]
    const name = tokens[index + 1]
    if (
      token?.kind !== 'word' ||
      token.text !== 'FORMAT' ||
      token.depth !== 0 ||
      name?.kind !== 'word'
    )
      continue
    const after = tokens[index + 2]
    if (after !== undefined && after.text !== 'SETTINGS') continue
    return { sql: canonical.slice(0, token.start) + canonical.slice(name.end), format: name.text }
  }
  return { sql: canonical, format: undefined }
}

interface FunctionNames {
  readonly refused: ReadonlySet<string>
  allows(token: SqlToken): boolean
}

const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'numbers',
  'numbers_mt',
  'zeros',
  'generateseries',
  'generate_series',
  'values',
  'view',
  'null',
])
/** Names that are words of the language, or harmless functions of the same name as a table function. */
const NOT_REFUSED: ReadonlySet<string> = new Set(['format', 'values', 'null', 'view', 'primes'])
const REFUSED_CATEGORIES: ReadonlySet<string> = new Set([
  'dictionary',
  'embedded dictionary',
  'introspection',
  'machine learning',
  'ai',
  'internal',
  'encryption',
  'uncategorized',
])
/** Of the category Other only these, which say nothing of the machine, its settings and other users. */
const ALLOWED_OTHER: ReadonlySet<string> = new Set([
  'bar',
  'version',
  'transform',
  'formatreadabletimedelta',
  'identity',
  'materialize',
  'formatreadabledecimalsize',
  'formatreadablequantity',
  'formatreadablesize',
  'totypename',
  'finalizeaggregation',
  'initializeaggregation',
  'isdecimaloverflow',
  'countdigits',
  'ignore',
  'neighbor',
  'runningdifference',
  'runningdifferencestartingwithfirstvalue',
  'runningaccumulate',
  'bytesize',
  'isconstant',
  'currentdatabase',
  'currentuser',
  'visiblewidth',
  'rownumberinblock',
  'rownumberinallblocks',
  'defaultvalueoftypename',
  'defaultvalueofargumenttype',
  'getsubcolumn',
  'varianttype',
  'variantelement',
  'digits',
  'displayname',
  'parsetimedelta',
  'minsamplesizecontinuous',
  'minsamplesizeconversion',
  'lowcardinalitykeys',
  'lowcardinalityindices',
  'throwif',
  'tocolumntypename',
])
/** In allowed categories, but they wait, or reach beyond the query. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  'sleep',
  'sleepeachrow',
  'file',
  'joinget',
  'joingetornull',
  'getserverport',
  'hostname',
])
const SYNTAX_WORDS: ReadonlySet<string> = new Set(
  (
    'select from join on using and or not in like ilike between is null as with where prewhere having by then else when case distinct exists any all union ' +
    'except intersect limit offset sets rollup cube over partition order rows range filter grouping values interval replace columns global settings ' +
    'explain ast syntax tree table qualify window'
  ).split(' '),
)
const COMBINATORS =
  /(?:if|array|map|state|simplestate|merge|mergestate|foreach|distinct|ordefault|ornull|resample|argmin|argmax)$/u

function functionNames({ functions, tableFunctions, types }: EngineCatalogue): FunctionNames {
  const aggregates = new Set<string>()
  const allowed = new Set<string>()
  const refused = new Set<string>()
  // In lower case an alias may be called as its target (`timezone`, `timeZone`): the target counts.
  const targets = new Map(
    functions.filter((entry) => entry.aliasOf === '').map((entry) => [entry.name, entry] as const),
  )
  for (const entry of functions) {
    const target = targets.get(entry.aliasOf === '' ? entry.name : entry.aliasOf) ?? entry
    const permitted =
      !REFUSED_FUNCTIONS.has(target.name) &&
      !target.name.startsWith('__') &&
      (entry.aggregate ||
        (target.category === 'other'
          ? ALLOWED_OTHER.has(target.name)
          : target.category !== '' && !REFUSED_CATEGORIES.has(target.category)))
    if (entry.aggregate) aggregates.add(entry.name)
    if (permitted) allowed.add(entry.name)
    else if (!NOT_REFUSED.has(entry.name)) refused.add(entry.name)
  }
  for (const name of tableFunctions) {
    if (TABLE_FUNCTIONS.has(name)) allowed.add(name)
    else if (!NOT_REFUSED.has(name)) {
      refused.add(name)
      allowed.delete(name)
    }
  }
  const known = new Set(types)
  const isAggregate = (name: string): boolean => {
    for (let rest = name; ; ) {
      if (aggregates.has(rest)) return true
      const shorter = rest.replace(COMBINATORS, '')
      if (shorter === rest) return false
      rest = shorter
    }
  }
  return {
    refused,
    allows({ kind, text }) {
      const name = text.toLowerCase()
      return (
        allowed.has(name) ||
        known.has(name) ||
        (kind === 'word' && SYNTAX_WORDS.has(name)) ||
        isAggregate(name)
      )
    },
  }
}
