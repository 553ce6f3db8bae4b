import { isDeepStrictEqual } from 'node:util'
import { parseNamedTypes } from '../avro-type.ts'
import { readFailure } from '../compatibility.ts'
import type { AvroSchema, AvroSchemaObject } from '../schema.ts'
import { schemaLayout, schemaMark } from '../schema-mark.ts'
import { composeRecord, composeStream, type SchemaSources, schemaError } from './compose.ts'

/** Every earlier form of a record that a release holds, alone or inside a stream, oldest first, without the current one. */
export function recordsReleasedBefore(
  released: ReadonlyMap<string, readonly AvroSchemaObject[]>,
  fullName: string,
  current: AvroSchemaObject,
): readonly AvroSchema[] {
  const known = new Set([schemaLayout(current)])
  const forms: AvroSchema[] = []
  for (const schemas of released.values()) {
    for (const schema of schemas) {
      const form = parseNamedTypes(schema).get(fullName)
      if (form === undefined || known.has(schemaLayout(form))) continue
      known.add(schemaLayout(form))
      forms.push(form)
    }
  }
  if (new Set([current, ...forms].map(schemaMark)).size !== forms.length + 1) {
    throw schemaError('two of its forms have the same mark; add a field, or rename one', fullName)
  }
  return forms
}

/** What a reader of today could not read of earlier releases; empty when all is well. */
export function incompatibleWithReleased(
  sources: SchemaSources,
  released: ReadonlyMap<string, readonly AvroSchemaObject[]>,
): readonly string[] {
  const faults: string[] = []
  for (const [name, schemas] of released) {
    const current = currentSchema(sources, name)
    if (current === undefined) {
      faults.push(`${name}: released, but its schema is gone`)
      continue
    }
    for (const [index, schema] of schemas.entries()) {
      const failure = readFailure(current, schema)
      if (failure !== undefined) {
        faults.push(
          `${name}: the current schema cannot read released version ${index + 1}: ${failure}`,
        )
      }
    }
  }
  return faults
}

/** Streams, and records that no stream carries (state stores), whose current schema is not the last released one. */
export function unreleased(
  sources: SchemaSources,
  released: ReadonlyMap<string, readonly AvroSchemaObject[]>,
): readonly { readonly file: string; readonly schema: AvroSchemaObject }[] {
  const carried = new Set(
    sources.streams.flatMap((stream) => [
      ...parseNamedTypes(composeStream(sources, stream)).keys(),
    ]),
  )
  const alone = [...sources.types].filter(
    ([name, schema]) => schema.type === 'record' && !carried.has(name),
  )
  const names = [...sources.streams.map(({ stream }) => stream), ...alone.map(([name]) => name)]
  return names.flatMap((name) => {
    const versions = released.get(name) ?? []
    const schema = currentSchema(sources, name)
    if (schema === undefined || isDeepStrictEqual(versions.at(-1), schema)) return []
    return [{ file: `${name}.v${versions.length + 1}.avsc`, schema }]
  })
}

function currentSchema(sources: SchemaSources, name: string): AvroSchemaObject | undefined {
  const stream = sources.streams.find((declaration) => declaration.stream === name)
  if (stream !== undefined) return composeStream(sources, stream)
  return sources.types.has(name) ? composeRecord(sources, name) : undefined
}
