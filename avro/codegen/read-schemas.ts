import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AvroSchemaObject } from '../schema.ts'
import { type SchemaSources, type StreamDeclaration, schemaError } from './compose.ts'

/** Reads the folder of schemas: `envelope.avsc`, `records/<full name>.avsc`, `<stream>.avsc`. */
export function readSchemas(directory: string): SchemaSources {
  const types = new Map<string, AvroSchemaObject>()
  for (const file of avscFiles(join(directory, 'records'))) {
    const schema = readJson(join(directory, 'records', file)) as AvroSchemaObject
    const fullName = `${String(schema['namespace'])}.${String(schema['name'])}`
    if (`${fullName}.avsc` !== file) throw schemaError(`the file declares ${fullName}`, file)
    types.set(fullName, schema)
  }
  const streams: StreamDeclaration[] = []
  for (const file of avscFiles(directory)) {
    if (file === 'envelope.avsc') continue
    const { name, payload } = readJson(join(directory, file)) as StreamDeclaration
    streams.push({ stream: file.slice(0, -'.avsc'.length), name, payload })
  }
  const envelope = readJson(join(directory, 'envelope.avsc')) as AvroSchemaObject
  return { envelope, types, streams }
}

/** Released schemas by name (a stream's, or a record's full name), oldest first. */
export function readReleased(directory: string): ReadonlyMap<string, readonly AvroSchemaObject[]> {
  const byName = new Map<string, Map<number, AvroSchemaObject>>()
  for (const file of avscFiles(directory)) {
    const match = /^(.+)\.v([1-9]\d*)\.avsc$/.exec(file)
    if (match === null) throw schemaError('a released schema is named <name>.v<n>.avsc', file)
    const [, name = '', version = ''] = match
    const versions = byName.get(name) ?? new Map<number, AvroSchemaObject>()
    versions.set(Number(version), readJson(join(directory, file)) as AvroSchemaObject)
    byName.set(name, versions)
  }
  return new Map(
    [...byName].map(([name, versions]) => [
      name,
      [...versions].sort(([a], [b]) => a - b).map(([, schema]) => schema),
    ]),
  )
}

function avscFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.avsc'))
    .sort()
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw schemaError(`not JSON: ${String(cause)}`, path)
  }
}
