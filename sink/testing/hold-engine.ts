/** Starts an engine, prints its process id and stays: `node hold-engine.ts DIRECTORY`. For the test that kills it. */
import { silentLogger, systemClock } from '#streams'
import { startEmbeddedClickHouse } from '../embedded/start-embedded.ts'

const engine = await startEmbeddedClickHouse({
  directory: process.argv[2] ?? '',
  port: 0,
  jwks: { keys: [] },
  serviceToken: 'x'.repeat(32),
  logger: silentLogger,
  clock: systemClock,
})
console.log(engine.pid())
setInterval(() => {}, 60_000)
