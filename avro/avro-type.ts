import avsc from 'avsc'
import { StreamsError } from '#streams'
import { InternedStringType } from './interned-string.ts'
import { DecimalType, OctetsType } from './logical-types.ts'
import type { AvroSchema } from './schema.ts'

export type AvroType = avsc.Type
export type AvroResolver = ReturnType<AvroType['createResolver']>

/**
 * A schema as avsc's type: decimals as `Decimal`, bytes as `Uint8Array`, longs as numbers (a long beyond 2^53 is refused), records without
 * methods.
 * @throws {StreamsError} AVRO_SCHEMA_INVALID
 */
export function parseType(schema: AvroSchema): AvroType {
  return parse(schema, {})
}

/** Every type that a schema names, by full name. */
export function namedTypes(schema: AvroSchema): ReadonlyMap<string, AvroType> {
  const registry: Record<string, AvroType> = {}
  parse(schema, registry)
  return new Map(Object.entries(registry))
}

/** Every named type that a schema declares, by full name, each whole in itself. */
export function parseNamedTypes(schema: AvroSchema): ReadonlyMap<string, AvroSchema> {
  return new Map([...namedTypes(schema)].map(([name, type]) => [name, exportSchema(type)]))
}

/** A field of a record type. */
export interface RecordField {
  readonly name: string
  readonly type: AvroType
  /** As the schema writes it; undefined where there is none. */
  readonly default?: unknown
  readonly aliases?: readonly string[]
}

/** A record made of types that are parsed already. */
export function recordType(name: string, fields: readonly RecordField[]): AvroType {
  return avsc.Type.forSchema({ type: 'record', name, fields } as unknown as avsc.Schema, {
    omitRecordMethods: true,
  })
}

/** Fields of a record schema with their parsed types; undefined when it is not a record. */
export function recordFields(
  schema: AvroSchema,
  type: AvroType,
): readonly RecordField[] | undefined {
  if (!(type instanceof avsc.types.RecordType) || typeof schema !== 'object' || !('type' in schema))
    return undefined
  const declared = schema['fields'] as readonly {
    readonly default?: unknown
    readonly aliases?: readonly string[]
  }[]
  return type.fields.map((field, index) => {
    const { default: value, aliases = [] } = declared[index] ?? {}
    return {
      name: field.name,
      type: field.type,
      aliases,
      ...(value === undefined ? {} : { default: value }),
    }
  })
}

/** Branches of a union; the type itself when it is none. */
export function unionBranches(type: AvroType): readonly AvroType[] {
  return type instanceof avsc.types.UnwrappedUnionType ||
    type instanceof avsc.types.WrappedUnionType
    ? (type as unknown as { readonly types: readonly AvroType[] }).types
    : [type]
}

/** The schema of a type, whole. Docs and defaults are kept; a logical type only where it changes the value (decimal). */
export function exportSchema(type: AvroType): AvroSchema {
  return type.schema({ exportAttrs: true }) as AvroSchema
}

function parse(schema: AvroSchema, registry: Record<string, AvroType>): AvroType {
  try {
    return avsc.Type.forSchema(markOctets(schema) as avsc.Schema, {
      registry: Object.assign(registry, { string: new InternedStringType() }),
      logicalTypes: { decimal: DecimalType, octets: OctetsType },
      assertLogicalTypes: true,
      omitRecordMethods: true,
    })
  } catch (cause) {
    throw new StreamsError(
      'AVRO_SCHEMA_INVALID',
      cause instanceof Error ? cause.message.slice(0, 500) : String(cause),
      {},
      'Correct the schema.',
      cause,
    )
  }
}

function markOctets(schema: AvroSchema): AvroSchema {
  if (schema === 'bytes') return { type: 'bytes', logicalType: 'octets' }
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(markOctets)
  const object = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>
  if (object.type === 'bytes') {
    return object['logicalType'] === 'decimal' ? object : { ...object, logicalType: 'octets' }
  }
  const marked: Record<string, unknown> & { type: AvroSchema } = { ...object }
  if (typeof object.type === 'object') marked.type = markOctets(object.type)
  if (object['items'] !== undefined) marked['items'] = markOctets(object['items'] as AvroSchema)
  if (object['values'] !== undefined) marked['values'] = markOctets(object['values'] as AvroSchema)
  if (Array.isArray(object['fields'])) {
    marked['fields'] = object['fields'].map((field: { type: AvroSchema }) => ({
      ...field,
      type: markOctets(field.type),
    }))
  }
  return marked
}
