import { StreamsError } from '#streams'
import { readFailure } from '../compatibility.ts'
import type { AvroSchema } from '../schema.ts'
import type { SchemaRegistry } from './registry.ts'

/** A topic and the schema that this program writes to it. */
export interface TopicSchema {
  readonly topic: string
  readonly schema: AvroSchema
}

/** Subject of a topic's values (TopicNameStrategy). */
export function valueSubject(topic: string): string {
  return `${topic}-value`
}

/**
 * Checks every schema against every version that its subject has, and only then registers any: a program with one incompatible schema
 * leaves the registry as it was. Compatibility of each subject is set to BACKWARD_TRANSITIVE, whatever the registry's own default is.
 * Resolves with the id of each schema, in order.
 * @throws {StreamsError} AVRO_SCHEMA_INCOMPATIBLE, naming both versions; REGISTRY_UNAVAILABLE
 */
export async function prepareSchemas(
  registry: SchemaRegistry,
  topics: readonly TopicSchema[],
): Promise<readonly number[]> {
  await Promise.all(topics.map((topic) => assertReadsAllVersions(registry, topic)))
  const ids: number[] = []
  for (const { topic, schema } of topics) {
    const subject = valueSubject(topic)
    await registry.setCompatibility(subject, 'BACKWARD_TRANSITIVE')
    ids.push(await registry.register(subject, schema))
  }
  return ids
}

async function assertReadsAllVersions(
  registry: SchemaRegistry,
  { topic, schema }: TopicSchema,
): Promise<void> {
  const subject = valueSubject(topic)
  const versions = await registry.versions(subject)
  const last = versions.at(-1)
  for (const { version, id, schema: registered } of versions) {
    const reason = readFailure(schema, registered)
    if (reason === undefined) continue
    throw new StreamsError(
      'AVRO_SCHEMA_INCOMPATIBLE',
      `the code's schema, which would be version ${(last?.version ?? 0) + 1} of ${subject}, cannot read version ${version} (id ${id}): ${reason}`,
      { topic },
      'Give added fields a default and keep what was there, or publish under a new major version of the topic.',
    )
  }
}
