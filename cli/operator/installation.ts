import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { StreamsError } from '#streams'

/** A command that reads must not make a data directory by a slip of the pen. @throws {StreamsError} INSTALLATION_NOT_FOUND */
export function requireInstallation(dataDir: string): void {
  if (existsSync(dataDir)) return
  throw new StreamsError(
    'INSTALLATION_NOT_FOUND',
    `there is no data directory ${resolve(dataDir)}`,
    {},
    'Run orion start first, or give --data-dir',
  )
}
