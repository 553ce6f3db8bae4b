import { createStoreBackend, memoryEngine, rocksdbEngine } from '#state-stores'
import type { Topology } from '#streams'
import { TopologyTestDriver } from '#streams/testing'
import type { ConformanceCase } from '../grammar/case.ts'

export const ENGINES = ['memory', 'rocksdb'] as const
export type EngineName = (typeof ENGINES)[number]

/** Whether the application is restarted before each input: not at all, from its local state, or from its changelogs alone. */
export const RESTARTS = ['never', 'clean', 'wipe'] as const
export type Restart = (typeof RESTARTS)[number]

/** How cases are run; what they expect is the same in every setup. */
export interface CaseSetup {
  readonly engine: EngineName
  readonly restart: Restart
}

/** Enough never to be full: caches are flushed at commits alone. */
const CACHE_BYTES_MAX = 10_000_000

export function openDriver(
  topology: Topology,
  { engine, caching }: CaseSetup & { readonly caching: boolean },
): Promise<TopologyTestDriver> {
  const stores = createStoreBackend(engine === 'memory' ? memoryEngine() : rocksdbEngine())
  const recordCacheBytesMax = caching ? CACHE_BYTES_MAX : 0
  return TopologyTestDriver.open({ topology, stores, recordCacheBytesMax })
}

/** Timers of the wall clock begin anew with a restart, as they do in Kafka Streams: what they emit is another case then. */
export function isRestartable({ topology }: ConformanceCase): boolean {
  return !topology.ops.some((op) => op.op === 'emitCountEvery' && op.clock === 'wallClock')
}
