import { type AvroType, namedTypes, parseType } from './avro-type.ts'
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
  const failure = resolveFailure(parseType(reader), parseType(writer))
  if (failure === undefined) return undefined
  const reason = innerFailure(reader, writer) ?? failure
  return reason.length > 400 ? `${reason.slice(0, 400)}...` : reason
}

/** A union only says that none of its branches can read; the reason is in the record of the same name. */
function innerFailure(reader: AvroSchema, writer: AvroSchema): string | undefined {
  const readers = namedTypes(reader)
  for (const [name, writerType] of namedTypes(writer)) {
    const readerType = readers.get(name)
    const failure = readerType && resolveFailure(readerType, writerType)
    if (failure !== undefined && !failure.startsWith('cannot read')) return failure
  }
  return undefined
}

function resolveFailure(reader: AvroType, writer: AvroType): string | undefined {
  try {
    reader.createResolver(writer)
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
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
