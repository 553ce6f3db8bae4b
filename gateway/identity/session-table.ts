import { createHash, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { StreamsError } from '#streams'

const SESSIONS_MAX = 10_000

const SessionRow = z.object({
  sessionId: z.string(),
  tenant: z.string(),
  user: z.string(),
  refreshHash: z.string(),
  endsAtMs: z.number(),
})

const Snapshot = z.object({
  sessions: z.array(SessionRow),
  revoked: z.array(z.tuple([z.string(), z.number()])),
})

export type SessionRow = z.output<typeof SessionRow>

/**
 * Log-ins that can be refreshed, and log-ins that were ended while tokens of theirs are still in date. Kept in one file, so that neither is
 * undone by a restart. At most 10,000: the oldest is ended for a new one.
 */
export class SessionTable {
  readonly #path: string
  readonly #sessions = new Map<string, SessionRow>()
  /** Until when tokens of an ended session would be in date. */
  readonly #revokedUntilMs = new Map<string, number>()
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string, nowMs: number) {
    this.#path = path
    const snapshot = readSnapshot(path)
    for (const row of snapshot.sessions) {
      if (row.endsAtMs > nowMs) this.#sessions.set(row.sessionId, row)
    }
    for (const [sessionId, untilMs] of snapshot.revoked) {
      if (untilMs > nowMs) this.#revokedUntilMs.set(sessionId, untilMs)
    }
  }

  get size(): number {
    return this.#sessions.size
  }

  get(sessionId: string): SessionRow | undefined {
    return this.#sessions.get(sessionId)
  }

  ofUser(tenant: string, user: string): readonly SessionRow[] {
    return [...this.#sessions.values()].filter((row) => row.tenant === tenant && row.user === user)
  }

  /** Returns the session that had to end for it, if any. */
  put(row: SessionRow): SessionRow | undefined {
    this.#sessions.set(row.sessionId, row)
    if (this.#sessions.size <= SESSIONS_MAX) return undefined
    for (const oldest of this.#sessions.values()) return oldest
    return undefined
  }

  revoke(sessionId: string, untilMs: number, nowMs: number): void {
    this.#sessions.delete(sessionId)
    for (const [other, otherUntilMs] of this.#revokedUntilMs) {
      if (otherUntilMs <= nowMs) this.#revokedUntilMs.delete(other)
    }
    this.#revokedUntilMs.set(sessionId, untilMs)
  }

  isRevoked(sessionId: string): boolean {
    return this.#revokedUntilMs.has(sessionId)
  }

  /** Ended sessions with the time until which tokens of theirs are in date, ms since 1970. */
  revoked(): readonly (readonly [sessionId: string, untilMs: number])[] {
    return [...this.#revokedUntilMs]
  }

  /** Resolves when the table as it is now is on disk. Calls during a write share the next one. */
  save(): Promise<void> {
    if (this.#writing === undefined) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined
      })
      return this.#writing
    }
    this.#next ??= this.#writing
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.save()
      })
    return this.#next
  }

  async #write(): Promise<void> {
    const text = JSON.stringify({
      sessions: [...this.#sessions.values()],
      revoked: [...this.#revokedUntilMs],
    })
    mkdirSync(dirname(this.#path), { recursive: true })
    await writeFile(`${this.#path}.new`, text, { mode: 0o600 })
    await rename(`${this.#path}.new`, this.#path)
  }
}

/** Refresh tokens are high in entropy: one round of SHA-256 is enough to keep them out of the file. */
export function refreshHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

function readSnapshot(path: string): z.output<typeof Snapshot> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { sessions: [], revoked: [] }
    }
    throw unreadable(path, error)
  }
  try {
    return Snapshot.parse(JSON.parse(text))
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): StreamsError {
  return new StreamsError(
    'IDENTITY_FILE_UNREADABLE',
    'the table of sessions cannot be used',
    { path },
    'Delete the file and signing-key.json beside it: everybody has to log in again, and no ended session comes back.',
    cause,
  )
}
