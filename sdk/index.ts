export type {
  AssetClass,
  Bar,
  BarInterval,
  DepthLevel,
  Instrument,
  MarketItem,
  MarketSnapshot,
  Me,
  Page,
  Problem,
  Quality,
  Role,
  Session,
  TopologyBox,
  TopologyDiagram,
  TopologyInstance,
  TopologyStatus,
  TopologyStore,
  TopologySummary,
  TopologyTask,
} from '#gateway/protocol'
export { type ConnectionState, MarketStream, type StreamHandlers } from './market-stream.ts'
export { type ClientOptions, OrionClient, OrionProblem } from './rest-client.ts'
