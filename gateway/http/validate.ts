import { z } from 'zod'
import { ProblemError } from './problem.ts'

/** Schema of a route that takes no query. */
export const NO_QUERY = z.strictObject({})

/** Value as the schema says. @throws {ProblemError} 400, naming up to 20 places */
export function validate(
  schema: z.ZodType,
  value: unknown,
  where: 'path' | 'query' | 'body',
): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ProblemError(400, 'invalid-input', `The ${where} is not valid.`, {
    errors: parsed.error.issues
      .slice(0, 20)
      .map((issue) => ({ path: [where, ...issue.path].join('.'), message: issue.message })),
  })
}

/** Names and values of a query string, each name once. @throws {ProblemError} 400 */
export function readQuery(rawQuery: string): Readonly<Record<string, string>> {
  const query = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    if (query.has(name))
      throw new ProblemError(
        400,
        'invalid-input',
        `The query names ${JSON.stringify(name.slice(0, 50))} twice.`,
      )
    query.set(name, value)
  }
  return Object.fromEntries(query)
}
