import type { AvroSchema, AvroSchemaObject } from '../schema.ts'
import { isUnion, type SchemaSources, schemaError } from './compose.ts'

const HEADER = '// Generated from avro/schemas by scripts/generate-avro.ts. Do not edit.\n'

/** TypeScript source with one type for every named type, inline ones included. */
export function renderTypes(sources: SchemaSources): string {
  const bodies = [...typeDeclarations(sources).values()]
  const decimal = bodies.some((body) => /\bDecimal\b/.test(body))
  const imports = decimal ? "import type { Decimal } from 'decimal.js'\n\n" : ''
  return `${HEADER}\n${imports}${bodies.join('\n')}`
}

/** TypeScript source with the envelope types: per stream a union that `eventType` discriminates. */
export function renderEnvelopes(sources: SchemaSources): string {
  const payloads = new Set(sources.streams.flatMap(({ payload }) => payload.map(simpleName)))
  const used = [...payloads, 'Entity'].sort()
  const fields = fieldsOf(sources.envelope).map((field) => {
    if (field['name'] === 'eventType') return renderField(field, 'T')
    if (field['name'] === 'payload') return renderField(field, 'P')
    return renderField(field, typeOf(field.type, undefined))
  })
  const unions = sources.streams.map(({ stream, name, payload }) => {
    const branches = payload.map((full) => `EnvelopeOf<'${simpleName(full)}', ${simpleName(full)}>`)
    return `/** Events of ${stream}. */\nexport type ${simpleName(name)} =\n  | ${branches.join('\n  | ')}\n`
  })
  const map = sources.streams.map(
    ({ stream, name }) => `  readonly '${stream}': ${simpleName(name)}\n`,
  )
  return [
    HEADER,
    `import type {\n${used.map((name) => `  ${name},\n`).join('')}} from './types.ts'\n`,
    `${docOf(sources.envelope, '')}export interface EnvelopeOf<T extends string, P> {\n${fields.join('')}}\n`,
    ...unions,
    `/** Envelope type by stream. */\nexport interface StreamEvents {\n${map.join('')}}\n`,
  ].join('\n')
}

/** The room's front door with every generated type on it: a list that lacks one, or has one too many, is written anew. */
export function renderFrontDoor(text: string, sources: SchemaSources): string {
  const envelopes = [
    'EnvelopeOf',
    'StreamEvents',
    ...sources.streams.map(({ name }) => simpleName(name)),
  ]
  const types = [...typeDeclarations(sources).keys()]
  return withTypeList(withTypeList(text, 'envelopes', envelopes), 'types', types)
}

function withTypeList(text: string, file: string, names: readonly string[]): string {
  const list = new RegExp(`export type \\{([^}]*)\\} from './generated/${file}\\.ts'`)
  const match = list.exec(text)
  if (match === null) throw schemaError(`no list of types from ./generated/${file}.ts`, 'index.ts')
  const listed = new Set((match[1] ?? '').split(',').map((name) => name.trim()))
  listed.delete('')
  if (listed.size === names.length && names.every((name) => listed.has(name))) return text
  const lines = [...names].sort().map((name) => `  ${name},\n`)
  return text.replace(list, `export type {\n${lines.join('')}} from './generated/${file}.ts'`)
}

export function simpleName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}

function typeDeclarations(sources: SchemaSources): ReadonlyMap<string, string> {
  const declarations = new Map<string, string>()
  for (const [fullName, schema] of sources.types) declare(declarations, schema, fullName)
  return declarations
}

function declare(declarations: Map<string, string>, schema: AvroSchemaObject, place: string): void {
  const name = String(schema['name'])
  if (declarations.has(name)) throw schemaError(`two types are called ${name}`, place)
  declarations.set(name, '')
  const inlineTypes: AvroSchemaObject[] = []
  if (schema.type === 'enum') {
    const symbols = (schema['symbols'] as readonly string[]).map((symbol) => `'${symbol}'`)
    declarations.set(name, `${docOf(schema, '')}export type ${name} = ${symbols.join(' | ')}\n`)
  } else if (schema.type === 'record') {
    const fields = fieldsOf(schema).map((field) =>
      renderField(field, typeOf(field.type, inlineTypes)),
    )
    declarations.set(name, `${docOf(schema, '')}export interface ${name} {\n${fields.join('')}}\n`)
  } else {
    throw schemaError(`${name} is neither a record nor an enum`, place)
  }
  for (const inner of inlineTypes) declare(declarations, inner, place)
}

function renderField(field: AvroSchemaObject, type: string): string {
  return `${docOf(field, '  ')}  readonly ${String(field['name'])}: ${type}\n`
}

function typeOf(schema: AvroSchema, inlineTypes: AvroSchemaObject[] | undefined): string {
  if (isUnion(schema)) {
    const branches = schema.map((branch) => typeOf(branch, inlineTypes))
    return [
      ...branches.filter((type) => type !== 'null'),
      ...branches.filter((type) => type === 'null'),
    ].join(' | ')
  }
  if (typeof schema === 'string') return namedTypeOf(schema)
  switch (schema.type) {
    case 'array':
      return `readonly ${parenthesised(typeOf(schema['items'] as AvroSchema, inlineTypes))}[]`
    case 'map':
      return `Readonly<Record<string, ${typeOf(schema['values'] as AvroSchema, inlineTypes)}>>`
    case 'record':
    case 'enum':
      inlineTypes?.push(schema)
      return String(schema['name'])
    case 'bytes':
      return schema['logicalType'] === 'decimal' ? 'Decimal' : 'Uint8Array'
    default:
      return typeOf(schema.type, inlineTypes)
  }
}

function namedTypeOf(name: string): string {
  switch (name) {
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return 'number'
    case 'bytes':
      return 'Uint8Array'
    default:
      return simpleName(name)
  }
}

function parenthesised(type: string): string {
  return type.includes(' ') ? `(${type})` : type
}

function fieldsOf(record: AvroSchemaObject): readonly AvroSchemaObject[] {
  return record['fields'] as readonly AvroSchemaObject[]
}

function docOf(schema: AvroSchemaObject, indent: string): string {
  const doc = schema['doc']
  return typeof doc === 'string' ? `${indent}/** ${doc.replaceAll('*/', '* /')} */\n` : ''
}
