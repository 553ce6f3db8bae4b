import { publishMarks } from '#processors/market-data/mark-processor'
import { updateSnapshots } from '#processors/market-data/snapshot-processor'
import { StreamsBuilder, type Topology } from '#streams'
import type { Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'snapshots'

/** Ticks and depth to the latest state of each instrument: one snapshot for each of them; and marks, far fewer, for who needs a price. */
export function snapshotsTopology(topics: Topics): Topology {
  const t = new StreamsBuilder()

  const ticks = t.stream(topics.marketdata.ticks, { as: 'ticks' })

  const snapshots = ticks.processValues(
    updateSnapshots({ topology: NAME, snapshots: stores.snapshots, levels: stores.bookLevels }),
    { as: 'update-snapshots', stores: [stores.snapshots, stores.bookLevels] },
  )

  snapshots.to(topics.marketdata.snapshots, { as: 'snapshots-sink' })

  const marks = snapshots.processValues(
    publishMarks({ topology: NAME, lastMarks: stores.lastMarks }),
    { as: 'publish-marks', stores: [stores.lastMarks] },
  )

  marks.to(topics.marketdata.marks, { as: 'marks-sink' })

  return t.build(NAME)
}
