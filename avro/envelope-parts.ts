import { StreamsError } from '#streams'
import {
  type AvroType,
  parseType,
  type RecordField,
  recordFields,
  recordType,
  unionBranches,
} from './avro-type.ts'
import type { AvroSchema } from './schema.ts'

/**
 * An envelope schema taken apart: the fields before the payload, the payload's branches, the fields behind it (none in our own schemas).
 * The payload is coded apart from the rest, so that `eventType` chooses its branch and no wrapper object is made per record.
 */
export interface EnvelopeParts {
  /** The fields before the payload, as one record. */
  readonly head: AvroType
  readonly branches: readonly PayloadBranch[]
  /** The fields behind the payload; undefined when there are none. */
  readonly tail: AvroType | undefined
  /** Every field but the payload. */
  readonly rest: AvroType
  /** `rest` as a reader's type: its objects have room for the payload, a null that takes no bytes. */
  readonly reader: AvroType
}

interface PayloadBranch {
  /** Name of the record without its namespace: the `eventType`. */
  readonly name: string
  readonly fullName: string
  readonly type: AvroType
}

/** @throws {StreamsError} AVRO_SCHEMA_INVALID when the schema is not a record with a payload of records */
export function envelopeParts(schema: AvroSchema): EnvelopeParts {
  const whole = parseType(schema)
  const fields = recordFields(schema, whole)
  const at = fields?.findIndex(({ name }) => name === 'payload') ?? -1
  const payload = fields?.[at]
  if (fields === undefined || payload === undefined || whole.name === undefined) {
    throw notAnEnvelope('it is not a record with a field called payload')
  }
  const fullName = whole.name
  const headFields = fields.slice(0, at)
  const tailFields = fields.slice(at + 1)
  const restFields = [...headFields, ...tailFields]
  const room: RecordField = { name: 'payload', type: parseType('null'), default: null }
  return {
    head: recordType(fullName, headFields),
    branches: unionBranches(payload.type).map(branchOf),
    tail: tailFields.length === 0 ? undefined : recordType(fullName, tailFields),
    rest: recordType(fullName, restFields),
    reader: recordType(fullName, [...restFields, room]),
  }
}

function branchOf(type: AvroType): PayloadBranch {
  const fullName = type.name
  if (type.typeName !== 'record' || fullName === undefined) {
    throw notAnEnvelope('a branch of its payload is not a record')
  }
  return { name: fullName.slice(fullName.lastIndexOf('.') + 1), fullName, type }
}

function notAnEnvelope(what: string): StreamsError {
  return new StreamsError(
    'AVRO_SCHEMA_INVALID',
    `not an envelope: ${what}`,
    {},
    'Compose it from avro/schemas/envelope.avsc.',
  )
}
