import { createHash } from 'node:crypto'

/** Id of an event made by a command: 32 hex digits of a SHA-256, which a client cannot make collide. The parts' borders count. */
export function commandEventId(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
