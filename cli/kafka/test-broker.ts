import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortPair } from './free-port.ts'
import { kafkaStart, kafkaStop, kafkaWipe } from './kafka-cluster.ts'
import { missingForKafka, run } from './kafka-libraries.ts'
import { KAFKA_VERSIONS, type KafkaVersion, planKafka } from './kafka-options.ts'
import { nodeSettings } from './kafka-settings.ts'
import { sweepBrokers } from './sweep-brokers.ts'

/** A real broker for tests, however it came to be. */
export interface TestBroker {
  readonly brokers: readonly string[]
  readonly by: 'docker' | 'java'
  /** Stops the broker and starts it on the same port and data; `whileDown` runs in between. */
  restart(whileDown: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface MissingBroker {
  /** What this machine lacks, as a sentence. */
  readonly missing: string
}

/**
 * Starts one broker on a free port: in a container where a Docker daemon answers, else with Java and Maven. Nothing is left of it
 * after `close`.
 */
export async function startTestBroker(
  environment: NodeJS.ProcessEnv,
): Promise<TestBroker | MissingBroker> {
  const version = versionOf(environment['ORION_TEST_KAFKA_VERSION'])
  if (await dockerAnswers()) return startInContainer(version)
  const missing = await missingForKafka(planKafka({ version, environment }))
  if (missing !== undefined) return { missing: `no Docker daemon answers, and ${missing}` }
  return startWithJava(version, environment)
}

const DIRECTORY_PREFIX = 'orion-test-kafka-'

async function startWithJava(
  version: KafkaVersion,
  environment: NodeJS.ProcessEnv,
): Promise<TestBroker> {
  await sweepBrokers(DIRECTORY_PREFIX)
  const port = await freePortPair()
  const dataDir = mkdtempSync(join(tmpdir(), `${DIRECTORY_PREFIX}${process.pid}-`))
  const options = { port, dataDir, version, environment }
  const onProgress = (message: string) => process.stderr.write(`test broker: ${message}\n`)
  const close = () => kafkaWipe(options)
  try {
    const brokers = await kafkaStart({ ...options, onProgress })
    const restart = async (whileDown: () => Promise<void>) => {
      await kafkaStop(options)
      await whileDown()
      await kafkaStart(options)
    }
    return { brokers, by: 'java', restart, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The daemon has to answer: the docker command alone proves nothing. */
async function dockerAnswers(): Promise<boolean> {
  const { status, output } = await run('docker', ['info', '--format', '{{.ServerVersion}}'])
  return status === 0 && /^\d/.test(output.trim())
}

async function startInContainer(version: KafkaVersion): Promise<TestBroker> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const port = await freePortPair()
  const settings = nodeSettings({
    id: 1,
    broker: `0.0.0.0:${port}`,
    advertised: `localhost:${port}`,
    controller: `127.0.0.1:${port + 1}`,
    voters: [`1@127.0.0.1:${port + 1}`],
    logDir: '/tmp/kafka-logs',
  })
  const environment = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `KAFKA_${name.replaceAll('.', '_').toUpperCase()}`,
      value,
    ]),
  )
  process.stderr.write(`test broker: starting apache/kafka:${version} in a container\n`)
  const container = await new GenericContainer(`apache/kafka:${version}`)
    .withEnvironment(environment)
    .withExposedPorts({ container: port, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000)
    .start()
  return {
    brokers: [`localhost:${port}`],
    by: 'docker',
    restart: async (whileDown) => {
      await whileDown()
      await container.restart()
    },
    close: async () => {
      await container.stop()
    },
  }
}

function versionOf(name: string | undefined): KafkaVersion {
  return KAFKA_VERSIONS.find((version) => version === name) ?? KAFKA_VERSIONS[0]
}
