/** Compares what topologies made with what the source gave; a step of its own, so that profiles and memory of the measured one are without it. */
import { readFileSync } from 'node:fs'
import type { Expectation } from '../measuring/expectation.ts'
import { openPlatform, type Place, type TopologyName } from '../measuring/platform.ts'
import { endStep, stepArgument } from '../measuring/step.ts'
import { verify } from '../measuring/verify.ts'

export interface VerifyArgument {
  readonly place: Place
  readonly topologies: readonly TopologyName[]
  readonly expectation: string
}

const OUTPUTS = { 'market-data': 'ticks', snapshots: 'snapshots', bars: 'bars' } as const

const { place, topologies, expectation } = stepArgument<VerifyArgument>()
const platform = await openPlatform(place)
const verification = await verify(
  platform.log,
  platform.topics,
  JSON.parse(readFileSync(expectation, 'utf8')) as Expectation,
  topologies.map((name) => OUTPUTS[name]),
)
await platform.close()
endStep(verification)
