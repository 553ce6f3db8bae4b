import type { Compatibility } from '../compatibility.ts'
import type { AvroSchema } from '../schema.ts'
import type { ImmediateRegistry, RegisteredVersion, SchemaRegistry } from './registry.ts'
import { RegistryError } from './registry-error.ts'
import { registryFailure } from './registry-failure.ts'
import { SubjectStore } from './subject-store.ts'

export interface EmbeddedRegistryOptions {
  /** Kept here, durably, in one file; without it the registry lives in memory (tests). One process at a time. */
  readonly directory?: string
}

/**
 * The registry in this process. `serveRegistry` gives the same contents Confluent's REST API.
 * @throws {StreamsError} REGISTRY_DAMAGED
 */
export function openEmbeddedRegistry(options: EmbeddedRegistryOptions = {}): EmbeddedRegistry {
  return new EmbeddedRegistry(new SubjectStore(options.directory))
}

export class EmbeddedRegistry implements SchemaRegistry {
  readonly store: SubjectStore
  readonly immediate: ImmediateRegistry

  constructor(store: SubjectStore) {
    this.store = store
    this.immediate = {
      register: (subject, schema) =>
        translated(subject, () => store.register(subject, JSON.stringify(schema)).id),
      schemaById: (id) =>
        translated(undefined, () => JSON.parse(store.schemaById(id)) as AvroSchema),
    }
  }

  async register(subject: string, schema: AvroSchema): Promise<number> {
    return this.immediate.register(subject, schema)
  }

  async schemaById(id: number): Promise<AvroSchema> {
    return this.immediate.schemaById(id)
  }

  async versions(subject: string): Promise<readonly RegisteredVersion[]> {
    if (!this.store.subjects({ deleted: false }).includes(subject)) return []
    return this.store.versions(subject, { deleted: false }).map(({ version, id, schema }) => ({
      subject,
      version,
      id,
      schema: JSON.parse(schema) as AvroSchema,
    }))
  }

  async setCompatibility(subject: string, level: Compatibility): Promise<void> {
    this.store.setLevel(subject, level)
  }

  async close(): Promise<void> {
    this.store.close()
  }
}

function translated<T>(subject: string | undefined, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause
    throw registryFailure(cause.status, cause.message, subject, cause)
  }
}
