export type { FeedInstrument, FeedMessage, FeedProgress, FeedSource } from './feed-source.ts'
export { type LpBots, type LpBotsOptions, startLpBots } from './lp-bots/start-lp-bots.ts'
export { publishInstruments } from './publish-instruments.ts'
export type { RawEvent } from './raw-event.ts'
export { publishDemoReference } from './reference/publish-demo-reference.ts'
export { writeRecording } from './replay/recording-format.ts'
export { createReplay } from './replay/replay.ts'
export {
  type FeedOptions,
  type FeedSummary,
  feedGroup,
  type RunningFeed,
  runFeed,
} from './run-feed.ts'
export { createSimulator, type SimulatorOptions } from './simulator/simulator.ts'
