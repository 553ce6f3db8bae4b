import { StreamsError } from '#streams'

/** Names a keyspace may have: they become column families, and keys of the list beside the database. */
const KEYSPACE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/

/** Kept by the engines for themselves. */
const RESERVED_KEYSPACE = 'default'

export function checkKeyspaceNames(keyspaces: readonly string[], path: string): void {
  for (const name of keyspaces) {
    if (KEYSPACE_NAME.test(name) && name !== RESERVED_KEYSPACE) continue
    throw new StreamsError(
      'STORE_KEYSPACE_INVALID',
      `"${name}" cannot name a keyspace`,
      { path },
      'Use up to 120 letters, digits, ".", "_" and "-", starting with a letter or digit; "default" is reserved.',
    )
  }
}

export function unknownKeyspace(keyspace: string, path: string): StreamsError {
  return new StreamsError(
    'STORE_KEYSPACE_UNKNOWN',
    `the database has no keyspace "${keyspace}"`,
    { path },
    'Name it in the keyspaces when opening.',
  )
}

export function storeClosed(path: string): StreamsError {
  return new StreamsError(
    'STORE_CLOSED',
    'the database is closed',
    { path },
    'Do not use a store after its task was closed or revoked.',
  )
}

export function storeLocked(path: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'STORE_LOCKED',
    'the database is open already, in this process or another one',
    { path },
    'Stop the other process, or use another directory.',
    cause,
  )
}

export function storeCorrupt(what: string, path: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'STORE_CORRUPT',
    what,
    { path },
    'Delete the directory: a logged store is restored from its changelog, other data from a backup.',
    cause,
  )
}
