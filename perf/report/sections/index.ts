import type { Section } from '../section.ts'
import { endToEnd } from './end-to-end.ts'
import { fanOut } from './fan-out.ts'
import { hopping } from './hopping.ts'
import { kafkaStreams } from './kafka-streams.ts'
import { keys } from './keys.ts'
import { latency } from './latency.ts'
import { latencyPeer } from './latency-peer.ts'
import { pipeline } from './pipeline.ts'
import { restart } from './restart.ts'
import { restore } from './restore.ts'
import { rfq } from './rfq.ts'
import { rolling } from './rolling.ts'
import { scaling } from './scaling.ts'
import { schedule } from './schedule.ts'
import { sink } from './sink.ts'
import { startUp } from './start-up.ts'

/** In the order of the report. */
export const SECTIONS: readonly Section[] = [
  kafkaStreams,
  latencyPeer,
  restore,
  latency,
  pipeline,
  rfq,
  fanOut,
  sink,
  endToEnd,
  restart,
  rolling,
  ...scaling,
  startUp,
  keys,
  hopping,
  schedule,
]
