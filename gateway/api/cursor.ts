import { z } from 'zod'
import { ProblemError } from '../http/problem.ts'

/** What the query of a list that comes a page at a time has, beside what it asks for. */
export function paging({ limit, limitMax }: { readonly limitMax: number; readonly limit: number }) {
  return {
    limit: z.coerce.number().int().min(1).max(limitMax).default(limit),
    cursor: z.string().max(512).optional(),
  }
}

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
