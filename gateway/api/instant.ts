import { z } from 'zod'
import { ProblemError } from '../http/problem.ts'

/** End of 2299: the last time that the database's columns hold. */
const TIME_MS_MAX = 10_413_791_999_999

/** Milliseconds since the epoch, or ISO 8601 with a zone. */
export const Instant = z
  .union([z.stringFormat('epoch-ms', /^\d{1,15}$/), z.iso.datetime({ offset: true })])
  .describe('Milliseconds since the epoch, or ISO 8601.')

/** @throws {ProblemError} 400 for a time that no database takes */
function parseInstant(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!(timeMs >= 0 && timeMs <= TIME_MS_MAX)) {
    throw new ProblemError(400, 'invalid-input', 'A time is out of range.', {
      errors: [{ path: 'query', message: 'from and to lie between 1970 and 2299' }],
    })
  }
  return timeMs
}

/**
 * A stretch of time, the end exclusive; what is not given is open.
 *
 * @throws {ProblemError} 400 where nothing lies between
 */
export function instantRange(
  from: string | undefined,
  to: string | undefined,
  openEndMs = Number.MAX_SAFE_INTEGER,
): { readonly fromMs: number; readonly toMs: number } {
  const [fromMs = 0, toMs = openEndMs] = [parseInstant(from), parseInstant(to)]
  if (fromMs >= toMs) {
    throw new ProblemError(400, 'invalid-input', 'from must be before to.', {
      errors: [{ path: 'query.from', message: 'must be before to' }],
    })
  }
  return { fromMs, toMs }
}
