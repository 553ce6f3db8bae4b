import { resolve } from 'node:path'
import { StreamsError } from '#streams'
import { connectOperator } from './control-client.ts'
import { isRunning } from './control-server.ts'
import type { RunningPorts } from './operator.ts'

/**
 * Where the process on this data directory serves; a port of 0 is not served.
 * @throws {StreamsError} of this code, with what to do instead, where none runs
 */
export async function runningPorts(
  dataDir: string,
  code: string,
  remedy: string,
): Promise<RunningPorts> {
  if (await isRunning(dataDir))
    for await (const ports of connectOperator(dataDir).ports({})) return ports
  throw new StreamsError(
    code,
    `no orion is running on the data directory ${resolve(dataDir)}`,
    {},
    remedy,
  )
}
