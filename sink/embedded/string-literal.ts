/** A string literal of ClickHouse's SQL: only the backslash and the quote can end or change it. */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
