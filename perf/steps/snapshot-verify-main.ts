/** Reads all that SnapshotApp's work has put out, and compares it with what was written. */
import { peerSnapshotSerde } from '#cli/peer-app'
import { stringSerde } from '#streams'
import { readRecords } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'
import { SnapshotCheck } from '../scaling/snapshot-check.ts'
import { openWorkLog, outputOf, placesOf, type SnapshotWork } from '../scaling/snapshot-work.ts'

export interface SnapshotVerification {
  readonly faults: readonly string[]
}

const work = stepArgument<SnapshotWork>()
const topic = outputOf(work)
const log = await openWorkLog(work)
const check = new SnapshotCheck(work)
const serde = peerSnapshotSerde()
await readRecords(log, placesOf(topic, work), ({ key, value }) => {
  if (key === null || value === null) throw new Error('a snapshot without key or value')
  check.take(stringSerde.deserialize(topic, key), serde.deserialize(topic, value))
})
await log.close()
endStep({ faults: check.end() } satisfies SnapshotVerification)
