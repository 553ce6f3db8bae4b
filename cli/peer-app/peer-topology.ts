import type { Topology } from '#streams'

/** What a measured program is told: topics, switches, and whom to tell of records. */
interface PeerTopologyOptions {
  readonly input: string
  readonly output: string
  /** Keep updates of tables in the record cache until the commit. */
  readonly caching: boolean
  /** Closed windows only. */
  readonly suppress: boolean
  /** An input record was taken. */
  readonly onTaken: () => void
  /** An input record has had its effect. */
  readonly onDone: () => void
}

export type PeerTopology = (options: PeerTopologyOptions) => Topology
