import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingForKafka } from './kafka-libraries.ts'
import { planKafka } from './kafka-options.ts'
import { startTestBroker, type TestBroker } from './test-broker.ts'

export const BROKER_DIR_VARIABLE = 'ORION_BROKER_FOR_TESTS_DIR'

/** What the process that starts the broker writes for those that want it. */
export type BrokerAnswer =
  | { readonly brokers: readonly string[] }
  | { readonly missing: string }
  | { readonly failure: string }

export interface BrokerForTests {
  /** `host:port` of a real broker; undefined where this machine cannot run one. */
  readonly brokers: readonly string[] | undefined
  /** For the name of skipped tests: what is missing. */
  readonly missing: string
}

const START_MS_MAX = 300_000
const LOOK_EVERY_MS = 50

/**
 * The broker of this run of vitest, started by the first file that asks. Ask at the top level of a `*.broker.test.ts` file:
 *
 *     const { brokers, missing } = await brokerForTests()
 *     describe.skipIf(brokers === undefined)(`orders on a real broker${missing}`, () => { ... })
 *
 * With CI=true a machine that cannot run a broker is a failure. Topics and groups are shared: give them names of your own.
 */
export async function brokerForTests(): Promise<BrokerForTests> {
  const directory = process.env[BROKER_DIR_VARIABLE]
  if (directory === undefined) {
    throw new Error('no broker for tests: cli/kafka/vitest-global-setup.ts is not a globalSetup')
  }
  writeFileSync(join(directory, 'wanted'), '')
  const answer = await awaitAnswer(join(directory, 'answer.json'))
  if ('brokers' in answer) return { brokers: answer.brokers, missing: '' }
  if ('failure' in answer) throw new Error(`the broker for tests did not start: ${answer.failure}`)
  if (process.env['CI'] === 'true') throw new Error(`no broker for tests: ${answer.missing}`)
  return { brokers: undefined, missing: ` (skipped: ${answer.missing})` }
}

/** A broker of a test's own, to be stopped and started by it; undefined where none can run (with CI=true a failure). */
export async function ownBrokerForTests(): Promise<TestBroker | undefined> {
  const started = await startTestBroker(process.env)
  if (!('missing' in started)) return started
  if (process.env['CI'] === 'true') throw new Error(`no broker for tests: ${started.missing}`)
  return undefined
}

/** Why brokers of a test's own cannot run as processes of this machine; undefined when they can (with CI=true a failure). */
export async function missingForBrokerProcesses(): Promise<string | undefined> {
  const missing = await missingForKafka(planKafka({ environment: process.env }))
  if (missing !== undefined && process.env['CI'] === 'true')
    throw new Error(`no broker processes for tests: ${missing}`)
  return missing
}

async function awaitAnswer(file: string): Promise<BrokerAnswer> {
  const deadlineMs = performance.now() + START_MS_MAX
  while (!existsSync(file)) {
    if (performance.now() > deadlineMs) throw new Error('the broker for tests did not start')
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return JSON.parse(readFileSync(file, 'utf8')) as BrokerAnswer
}
