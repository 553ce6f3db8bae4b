import { join } from 'node:path'
import { freePortPair, kafkaStart, kafkaStatus, kafkaWipe } from '#cli/kafka'
import type { Bench } from '../scenario.ts'

export interface LogUnderTest {
  readonly name: 'embedded' | 'kafka'
  readonly brokers: string | undefined
  /** Whose CPU is the log's and not the application's. */
  readonly processes: Readonly<Record<string, number>>
}

export interface LogChoice {
  readonly log?: 'embedded' | 'kafka' | 'both' | undefined
  readonly brokers?: string | undefined
  readonly kafka: boolean
}

/** Runs the measurement on each log that was asked for; a broker that was started for it is stopped and wiped. */
export async function onEachLog(
  choice: LogChoice,
  bench: Bench,
  measure: (log: LogUnderTest) => Promise<void>,
): Promise<void> {
  const withKafka = choice.kafka || choice.brokers !== undefined
  const wanted = choice.log ?? (withKafka ? 'kafka' : 'embedded')
  if (wanted !== 'kafka') await measure({ name: 'embedded', brokers: undefined, processes: {} })
  if (wanted === 'embedded') return
  if (choice.brokers !== undefined) {
    await measure({ name: 'kafka', brokers: choice.brokers, processes: {} })
    return
  }
  const options = {
    port: await freePortPair(),
    dataDir: join(bench.directory(), 'kafka'),
    // As a small broker for real work has it; the default is meant for tests.
    heapMb: 1_024,
    environment: process.env,
    onProgress: (message: string) => bench.progress(message),
  }
  try {
    const brokers = await kafkaStart(options)
    const nodes = await kafkaStatus(options)
    const processes = Object.fromEntries(
      nodes.flatMap(({ id, pid }) => (pid === undefined ? [] : [[`broker${id}`, pid]])),
    )
    await measure({ name: 'kafka', brokers: brokers.join(','), processes })
  } finally {
    await kafkaWipe(options)
  }
}
