import type { AvroSchemaObject } from '../schema.ts'
import { composeRecord, composeStream, type SchemaSources } from './compose.ts'
import { recordsReleasedBefore } from './released.ts'
import { simpleName } from './render-types.ts'

/** TypeScript source with the composed schemas as data: `streamSchemas` by stream, `recordSchemas` by record name. */
export function renderSchemas(
  sources: SchemaSources,
  released: ReadonlyMap<string, readonly AvroSchemaObject[]>,
): string {
  const records = [...sources.types].filter(([, schema]) => schema.type === 'record')
  const streams = sources.streams.map((declaration) => {
    const { stream, name } = declaration
    return entry(stream, {
      stream,
      fullName: name,
      schema: composeStream(sources, declaration),
      released: released.get(stream) ?? [],
    })
  })
  const values = records.map(([fullName]) => {
    const schema = composeRecord(sources, fullName)
    return entry(simpleName(fullName), {
      fullName,
      schema,
      released: recordsReleasedBefore(released, fullName, schema),
    })
  })
  const names = records.map(([fullName]) => simpleName(fullName))
  return `// Generated from avro/schemas by scripts/generate-avro.ts. Do not edit.

import type { RecordSchema, StreamSchema } from '../schema.ts'
import type { StreamEvents } from './envelopes.ts'
import type {
${names.map((name) => `  ${name},\n`).join('')}} from './types.ts'

export interface RecordValues {
${names.map((name) => `  readonly ${name}: ${name}\n`).join('')}}

export type StreamName = keyof StreamEvents

/** Composed schema of every stream, by its name. */
export const streamSchemas: { readonly [S in StreamName]: StreamSchema<StreamEvents[S]> } = {
${streams.join('')}}

/** Schema of every record alone, by its name: for values in state stores. */
export const recordSchemas: { readonly [R in keyof RecordValues]: RecordSchema<RecordValues[R]> } = {
${values.join('')}}
`
}

function entry(name: string, value: unknown): string {
  const key = /^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`
  return `  ${key}: ${JSON.stringify(value)},\n`
}
