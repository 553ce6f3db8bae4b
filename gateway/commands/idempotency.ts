import { createHash } from 'node:crypto'
import { ProblemError } from '../http/problem.ts'
import { type RandomSource, randomId } from '../random-source.ts'

/** The key of a command: what the client sent, else a random one. @throws {ProblemError} 400 */
export function idempotencyKey(header: string, random: RandomSource): string {
  if (header === '') return randomId(random)
  if (/^[\x21-\x7e]{1,128}$/.test(header)) return header
  throw new ProblemError(400, 'invalid-input', 'The Idempotency-Key is not valid.', {
    errors: [
      { path: 'header.idempotency-key', message: '1 to 128 printable ASCII characters, no space' },
    ],
  })
}

/** One text for one request, whatever the order of its fields: a key stands for one of them. */
export function requestDigest(request: unknown): string {
  return createHash('sha256').update(canonical(request)).digest('hex').slice(0, 32)
}

/** @throws {ProblemError} 422 */
export function refuseReusedKey(): never {
  throw new ProblemError(
    422,
    'idempotency-key-reused',
    'This Idempotency-Key stands for another request already. Send a new key.',
  )
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
  return `{${fields.join(',')}}`
}
