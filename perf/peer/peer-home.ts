import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared')

/** The programs of the JVM side: what runs and observes both sides, and their broker. */
export interface PeerHome {
  readonly run: string
  readonly broker: string
}

const TOOLS = [
  ['java', '-version', 'a Java runtime, version 17 or later'],
  ['mvn', '--version', 'Apache Maven, which builds the JVM side and fetches Kafka'],
] as const

/**
 * Finds `peer/` beside this project, or in `ORION_SHARED`.
 * @throws {Error} where it, Java or Maven is missing: a sentence each, with what to do
 */
export function peerHome(environment: NodeJS.ProcessEnv = process.env): PeerHome {
  const folder = join(environment['ORION_SHARED'] ?? SHARED, 'peer')
  const home = { run: join(folder, 'run.sh'), broker: join(folder, 'broker.sh') }
  for (const program of Object.values(home)) {
    if (existsSync(program)) continue
    throw new Error(
      `the JVM side of the comparison is not there (${program}): set ORION_SHARED to the folder that holds peer/`,
    )
  }
  for (const [tool, flag, what] of TOOLS) {
    if (spawnSync(tool, [flag], { env: environment, stdio: 'ignore' }).status === 0) continue
    throw new Error(
      `${tool} is not installed (${what}): install it (Debian: apt-get install openjdk-17-jdk-headless maven; macOS: brew install openjdk maven)`,
    )
  }
  return home
}
