/** A refusal as ClickHouse words it: `Code: N. DB::Exception: ...`. */
export class ClickHouseError extends Error {
  override readonly name = 'ClickHouseError'
  readonly clickHouseCode: number
  readonly httpStatus: number

  constructor(clickHouseCode: number, what: string, httpStatus = statusOf(clickHouseCode)) {
    super(what)
    this.clickHouseCode = clickHouseCode
    this.httpStatus = httpStatus
  }

  /** The reply's body. */
  text(): string {
    const name = CODE_NAMES[this.clickHouseCode]
    return `Code: ${this.clickHouseCode}. DB::Exception: ${this.message}${name === undefined ? '' : ` (${name})`}\n`
  }
}

/** Names of the codes that this endpoint itself raises. */
const CODE_NAMES: Readonly<Record<number, string>> = {
  48: 'NOT_IMPLEMENTED',
  62: 'SYNTAX_ERROR',
  81: 'UNKNOWN_DATABASE',
  159: 'TIMEOUT_EXCEEDED',
  164: 'READONLY',
  194: 'REQUIRED_PASSWORD',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  223: 'QUERY_IS_TOO_LARGE',
  452: 'SETTING_CONSTRAINT_VIOLATION',
  497: 'ACCESS_DENIED',
  516: 'AUTHENTICATION_FAILED',
}

const STATUS: Readonly<Record<number, readonly number[]>> = {
  401: [194],
  403: [164, 192, 193, 452, 497, 516],
  404: [1, 46, 47, 50, 56, 60, 73, 81, 115, 143],
  408: [159],
  413: [223],
  400: [
    6, 26, 27, 28, 33, 36, 38, 41, 42, 43, 44, 49, 53, 57, 62, 63, 69, 70, 72, 117, 131, 153, 168,
    184, 207, 215, 386, 427, 441, 456, 457,
  ],
  501: [48],
  503: [202, 203, 209, 439],
}

function statusOf(code: number): number {
  for (const [status, codes] of Object.entries(STATUS))
    if (codes.includes(code)) return Number(status)
  return 500
}

/** What the engine threw, as ClickHouse's HTTP interface would say it. */
export function engineError(cause: unknown): ClickHouseError {
  if (cause instanceof ClickHouseError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  // Nested: "Query failed: Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot ... (READONLY) (version 26.7). (READONLY)"
  const code = Number(/Code: (\d+)\. DB::/u.exec(text)?.[1] ?? 1001)
  const what = text
    .replace(/^.*?Query failed: /su, '')
    .replace(/^(?:Code: \d+\. DB::Exception: )+/u, '')
    .replace(/(?:\s*\([A-Z_0-9]+\)\.?|\s*\(version [^)]*\)\.?)+\s*$/u, '')
  const name = /\(([A-Z][A-Z_0-9]+)\)\.?\s*$/u.exec(text)?.[1]
  return new ClickHouseError(
    code,
    name === undefined || CODE_NAMES[code] !== undefined ? what : `${what} (${name})`,
  )
}
