import type { Compatibility } from '../compatibility.ts'
import type { AvroSchema } from '../schema.ts'

/** A schema under a subject. */
export interface RegisteredVersion {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly schema: AvroSchema
}

/**
 * Where writers leave their schemas and readers find them. Ids are positive and name a schema for good.
 *
 * Every method fails with REGISTRY_UNAVAILABLE (worth a retry) when the registry does not answer.
 */
export interface SchemaRegistry {
  /**
   * Id of the schema under the subject; registers it if the subject does not have it.
   * @throws {StreamsError} AVRO_SCHEMA_INCOMPATIBLE when the registry refuses it, AVRO_SCHEMA_INVALID
   */
  register(subject: string, schema: AvroSchema): Promise<number>
  /** @throws {StreamsError} REGISTRY_UNKNOWN_SCHEMA */
  schemaById(id: number): Promise<AvroSchema>
  /** All versions of a subject, oldest first; none for a subject that does not exist. */
  versions(subject: string): Promise<readonly RegisteredVersion[]>
  setCompatibility(subject: string, level: Compatibility): Promise<void>
  /** The same without waiting, where the registry lives in this process. */
  readonly immediate?: ImmediateRegistry
}

export interface ImmediateRegistry {
  register(subject: string, schema: AvroSchema): number
  schemaById(id: number): AvroSchema
}
