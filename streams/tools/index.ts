export {
  type ChangelogPart,
  type ChangelogStore,
  openChangelogStore,
} from './changelog-store.ts'
export { type DeployedDiff, diffWithDeployed } from './deployed-diff.ts'
export { prepareDeployment, recordDeployment } from './deployment.ts'
export { resetTopology } from './reset.ts'
export { planReset, type ResetStep, type ResetTarget } from './reset-plan.ts'
export { parseDescription, type TopologyDescription } from './topology-description.ts'
export {
  diffTopologies,
  type TopologyChange,
  type TopologyDiff,
  type TopologyVersion,
  type Verdict,
} from './topology-diff.ts'
export { type TopologyStatus, topologyStatus, unreadRecords } from './topology-status.ts'
