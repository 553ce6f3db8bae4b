import { parseType } from './avro-type.ts'
import type { AvroSchema } from './schema.ts'

export type Compatibility =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE'

/** Why data written with `writer` cannot be read with `reader`; undefined when it can. */
export function readFailure(reader: AvroSchema, writer: AvroSchema): string | undefined {
  const readerType = parseType(reader)
  const writerType = parseType(writer)
  try {
    readerType.createResolver(writerType)
    return undefined
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    return message.length > 400 ? `${message.slice(0, 400)}...` : message
  }
}

/**
 * Why `schema` may not follow `versions` (oldest first) under a level: one line per version that refuses it, with its index; empty when it
 * may. Levels that are not transitive look at the last version only.
 */
export function compatibilityFailures(
  level: Compatibility,
  schema: AvroSchema,
  versions: readonly AvroSchema[],
): readonly { readonly index: number; readonly reason: string }[] {
  if (level === 'NONE') return []
  const transitive = level.endsWith('_TRANSITIVE')
  const failures: { index: number; reason: string }[] = []
  for (
    let index = transitive ? 0 : Math.max(0, versions.length - 1);
    index < versions.length;
    index++
  ) {
    const version = versions[index] as AvroSchema
    const backward = level.startsWith('FORWARD') ? undefined : readFailure(schema, version)
    const forward = level.startsWith('BACKWARD') ? undefined : readFailure(version, schema)
    if (backward !== undefined)
      failures.push({ index, reason: `the new schema cannot read it: ${backward}` })
    if (forward !== undefined)
      failures.push({ index, reason: `it cannot read the new schema: ${forward}` })
  }
  return failures
}

/** One text for all writings of a schema that differ in white space and order of attributes only. */
export function canonicalSchema(schema: AvroSchema): string {
  return JSON.stringify(sorted(schema))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
