import type { Names } from './names.ts'
import type { NullKeys } from './null-keys.ts'
import type { TopologyBuilder } from './topology-builder.ts'

/** What the streams and tables of one `StreamsBuilder` share. */
export interface Scope {
  readonly builder: TopologyBuilder
  readonly names: Names
  readonly nullKeys: NullKeys
}
