import { join } from 'node:path'
import { freePortPair } from '#cli/kafka'
import type { Bench } from '../scenario.ts'
import type { PeerHome } from './peer-home.ts'
import { runGroup } from './run-group.ts'

export interface PeerBroker {
  readonly address: string
  /** By which the observer finds the broker's process, for its CPU. */
  readonly environment: NodeJS.ProcessEnv
}

/** With the first fetch of Kafka's jars. */
const START_MS_MAX = 10 * 60_000
const STOP_MS_MAX = 60_000

/** Runs `measure` beside a broker of the JVM side's own, with its settings; afterwards, and on Ctrl-C, the broker is stopped and its data deleted. */
export async function onPeerBroker<Outcome>(
  home: PeerHome,
  bench: Bench,
  measure: (broker: PeerBroker) => Promise<Outcome>,
): Promise<Outcome> {
  const port = await freePortPair()
  const environment = {
    ...process.env,
    PEER_KAFKA_DIR: join(bench.directory(), 'kafka'),
    PEER_KAFKA_PORT: String(port),
  }
  const tell = (line: string): void => bench.progress(`broker ${line}`)
  const run = (what: 'start' | 'stop', signal: AbortSignal): Promise<void> =>
    runGroup(home.broker, [what], { env: environment, signal, onOutput: tell, onError: tell })
  try {
    await run('start', AbortSignal.any([bench.signal, AbortSignal.timeout(START_MS_MAX)]))
    return await measure({ address: `127.0.0.1:${port}`, environment })
  } finally {
    // The directory itself is the benchmark's, which deletes it.
    await run('stop', AbortSignal.timeout(STOP_MS_MAX))
  }
}
