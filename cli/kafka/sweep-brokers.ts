import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaWipe } from './kafka-cluster.ts'

/** Ends the brokers of runs that were killed before they could: directories are named `<prefix><pid of the run>-...`. */
export async function sweepBrokers(prefix: string): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    await kafkaWipe({ dataDir: join(tmpdir(), name) })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
