import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BROKER_DIR_VARIABLE, type BrokerAnswer } from './broker-for-tests.ts'
import { type MissingBroker, startTestBroker, type TestBroker } from './test-broker.ts'

const LOOK_EVERY_MS = 50

/**
 * One broker for a whole run of vitest, started when the first test file asks for it (`brokerForTests`) and ended with the run. It lives
 * in the process that outlives the test workers; they ask through files in a directory that an environment variable names.
 */
export default function setup(): () => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'orion-broker-for-tests-'))
  process.env[BROKER_DIR_VARIABLE] = directory
  let starting: Promise<TestBroker | MissingBroker> | undefined
  const looking = setInterval(() => {
    if (starting !== undefined || !existsSync(join(directory, 'wanted'))) return
    clearInterval(looking)
    starting = startTestBroker(process.env)
    starting.then(
      (started) => {
        if ('missing' in started) process.stderr.write(`no test broker: ${started.missing}\n`)
        answer(directory, 'missing' in started ? started : { brokers: started.brokers })
      },
      (error: unknown) => answer(directory, { failure: String(error) }),
    )
  }, LOOK_EVERY_MS)
  return async () => {
    clearInterval(looking)
    const started = await starting?.catch(() => undefined)
    if (started !== undefined && 'close' in started) await started.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Whole or not at all, for readers in other processes. */
function answer(directory: string, content: BrokerAnswer): void {
  if (!existsSync(directory)) return
  writeFileSync(join(directory, 'answer.part'), JSON.stringify(content))
  renameSync(join(directory, 'answer.part'), join(directory, 'answer.json'))
}
