import { DEFAULT_SETTLEMENT, type SettlementSettings } from '#processors/settlement/settings'

/** What an operator may choose of the topologies. */
export interface TopologySettings {
  readonly settlement: SettlementSettings
}

export const DEFAULT_SETTINGS: TopologySettings = { settlement: DEFAULT_SETTLEMENT }
