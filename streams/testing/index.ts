export type { RestartOptions, TopologyTestDriverOptions } from './driver-options.ts'
export { ManualClock } from './manual-clock.ts'
export {
  type PipeOptions,
  TestInputTopic,
  TestOutputTopic,
  type TestRecord,
} from './test-topics.ts'
export { TopologyTestDriver } from './topology-test-driver.ts'
