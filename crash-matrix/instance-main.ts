import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { type Logger, noMetrics, Streams, systemClock } from '#streams'
import { openKafkaLog } from '#streams/log'
import type { InstanceOptions, InstanceReport } from './instance.ts'
import { paymentsTopology, STORES } from './payments-topology.ts'

/** One instance of the application that is killed: tells its states, answers `report` and `close` on its standard input. */
const options = JSON.parse(process.argv[2] ?? '{}') as InstanceOptions
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const ports = { clock: systemClock, logger: fileLogger(), metrics: noMetrics }
const log = await openKafkaLog({ brokers: options.brokers, clientId: options.name, ...ports })
const streams = new Streams({
  topology: paymentsTopology(options.applicationId, options.inputs, options.outputs),
  applicationId: options.applicationId,
  log,
  stores: createStoreBackend(rocksdbEngine()),
  directory: options.directory,
  ...ports,
  recordCacheBytesMax: 0,
  transactionRecordsMax: 1_000,
  sessionTimeoutMs: options.sessionTimeoutMs,
  ...(options.isStatic ? { groupInstanceId: options.name } : {}),
})
streams.onStateChange((state) => {
  say({ state, ...(state === 'ERROR' ? { error: String(streams.error()) } : {}) })
  if (state === 'ERROR') process.exit(1)
})

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  if (line === 'report') say(report())
  if (line === 'close') void streams.close({ deadlineMs: 20_000 }).then(() => process.exit(0))
})
// Whoever started it is gone.
lines.on('close', () => process.exit(0))
await streams.start()

/** Every store with its parts here. Nothing while tasks are on their way. */
function report(): InstanceReport {
  if (streams.state() !== 'RUNNING') return { stores: [] }
  return { stores: STORES.flatMap((store) => streams.checksum(store)) }
}

function fileLogger(bound: object = {}): Logger {
  const file = join(options.directory, `${options.name}.log`)
  const at = (level: string) => (fields: object, message: string) => {
    const time = new Date(systemClock.nowMs()).toISOString()
    appendFileSync(
      file,
      `${JSON.stringify({ time, level, pid: process.pid, ...bound, ...fields, message })}\n`,
    )
  }
  return {
    debug: () => {},
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => fileLogger({ ...bound, ...fields }),
  }
}
