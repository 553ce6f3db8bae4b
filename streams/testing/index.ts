export { ManualClock } from './manual-clock.ts'
export {
  type PipeOptions,
  TestInputTopic,
  TestOutputTopic,
  type TestRecord,
} from './test-topics.ts'
export {
  type RestartOptions,
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from './topology-test-driver.ts'
