import type { StreamsClientMetadata } from '../../streams-client-metadata.ts'
import type { StreamsStatus } from '../../streams-status.ts'
import type { LocalStoreOptions, LocalStorePart } from '../local-parts.ts'
import type { StoreLayout } from '../store-layout.ts'

/** What a query server needs of an application: `Streams` is one. */
export interface QueryableStreams {
  readonly applicationId: string
  state(): StreamsStatus
  storeLayouts(): ReadonlyMap<string, StoreLayout>
  localStores(name: string, options?: LocalStoreOptions): readonly LocalStorePart[]
  metadataForAllStreamsClients(): readonly StreamsClientMetadata[]
}
