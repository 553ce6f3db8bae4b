import { StreamsError } from '#streams'
import type { AvroSchema, AvroSchemaObject } from '../schema.ts'

/** A stream as its file declares it. */
export interface StreamDeclaration {
  readonly stream: string
  readonly name: string
  readonly payload: readonly string[]
}

export interface SchemaSources {
  /** The envelope with `"$payload"` in the place of the union. */
  readonly envelope: AvroSchemaObject
  /** Named types by full name. */
  readonly types: ReadonlyMap<string, AvroSchemaObject>
  readonly streams: readonly StreamDeclaration[]
}

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'])

/** The envelope under the stream's own name, with the stream's records as payload; a named type stands whole where it is used first. */
export function composeStream(
  sources: SchemaSources,
  declaration: StreamDeclaration,
): AvroSchemaObject {
  const { namespace: _namespace, ...template } = sources.envelope
  const composed = inline(
    sources,
    { ...template, name: declaration.name },
    declaration.payload,
    new Set(),
  )
  if (typeof composed === 'string' || !('type' in composed)) {
    throw schemaError(`the envelope of ${declaration.stream} is not a record`, declaration.name)
  }
  return composed
}

/** A named type with every other type that it uses inside. */
export function composeRecord(sources: SchemaSources, fullName: string): AvroSchemaObject {
  const composed = inline(sources, fullName, [], new Set())
  if (typeof composed === 'string' || !('type' in composed)) {
    throw schemaError(`${fullName} is not a named type`, fullName)
  }
  return composed
}

function inline(
  sources: SchemaSources,
  schema: AvroSchema,
  payload: readonly string[],
  seen: Set<string>,
): AvroSchema {
  const walk = (inner: AvroSchema): AvroSchema => inline(sources, inner, payload, seen)
  if (typeof schema === 'string') {
    if (schema === '$payload') return payload.map(walk)
    if (PRIMITIVES.has(schema) || seen.has(schema)) return schema
    const named = sources.types.get(schema)
    if (named === undefined) throw schemaError(`no schema declares the type ${schema}`, schema)
    seen.add(schema)
    return walk(named)
  }
  if (isUnion(schema)) return schema.map(walk)
  const { fields, items, values } = schema
  return {
    ...schema,
    ...(Array.isArray(fields)
      ? { fields: fields.map((field: AvroSchemaObject) => ({ ...field, type: walk(field.type) })) }
      : {}),
    ...(items === undefined ? {} : { items: walk(items as AvroSchema) }),
    ...(values === undefined ? {} : { values: walk(values as AvroSchema) }),
  }
}

export function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema)
}

export function schemaError(what: string, path: string): StreamsError {
  return new StreamsError(
    'AVRO_SCHEMA_INVALID',
    what,
    { path },
    'Correct the file in avro/schemas.',
  )
}
