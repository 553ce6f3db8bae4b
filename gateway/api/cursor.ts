import { ProblemError } from '../http/problem.ts'

/** A place in a list, opaque to clients: it names the list, so that a cursor of another one is refused. */
export function writeCursor(list: string, after: string): string {
  return Buffer.from(JSON.stringify([list, after])).toString('base64url')
}

/** @throws {ProblemError} 400 */
export function readCursor(list: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (
      Array.isArray(parsed) &&
      parsed.length === 2 &&
      parsed[0] === list &&
      typeof parsed[1] === 'string'
    ) {
      return parsed[1]
    }
  } catch {
    // Not JSON: the same answer.
  }
  throw foreignCursor()
}

export function foreignCursor(): ProblemError {
  return new ProblemError(400, 'invalid-input', 'The cursor is not one of this list.', {
    errors: [{ path: 'query.cursor', message: 'Take it from nextCursor.' }],
  })
}
