import { createHash } from 'node:crypto'
import { exportSchema, parseType } from './avro-type.ts'
import type { AvroSchema } from './schema.ts'

const WITHOUT_EFFECT_ON_BYTES = new Set(['doc', 'default', 'aliases', 'order'])

/** One text for all schemas of one record that write the same bytes for the same value. */
export function schemaLayout(schema: AvroSchema): string {
  return JSON.stringify(exportSchema(parseType(schema)), (key, value) =>
    WITHOUT_EFFECT_ON_BYTES.has(key) ? undefined : value,
  )
}

/** Two bytes of a hash that tell the forms of one record apart. They are few: the code generator refuses two with the same mark. */
export function schemaMark(schema: AvroSchema): number {
  return createHash('sha256').update(schemaLayout(schema)).digest().readUInt16BE(0)
}
