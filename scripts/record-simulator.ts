/**
 * Makes the small recording in `feeds/recordings/`: a minute of the simulated market. The same options give the same messages.
 *
 *   node bin/node.js scripts/record-simulator.ts
 */
import { writeFileSync } from 'node:fs'
import { createSimulator, writeRecording } from '#feeds'

const FILE = 'feeds/recordings/simulated-market.orion.jsonl.gz'

const simulator = createSimulator({
  seed: 2026,
  startTimeMs: Date.UTC(2026, 0, 5, 9),
  ticksPerSecond: 50,
  instruments: 40,
  ticks: 3_000,
  faults: { late: 0.002, crossed: 0.001, malformed: 0.0005 },
})
// The closing heartbeats are the replay's own.
const messages = [...simulator.messages()].slice(0, -simulator.instruments.length)
writeFileSync(FILE, writeRecording(simulator.instruments, messages))
console.log(`${FILE}: ${messages.length} messages`)
