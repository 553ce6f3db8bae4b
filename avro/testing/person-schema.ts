import type { EnvelopeOf } from '../generated/envelopes.ts'
import type { AvroSchema, AvroSchemaObject } from '../schema.ts'

/** A small stream of its own for tests of evolution: envelopes of a `Person`, to which tests add fields and branches. */
export type Person = EnvelopeOf<'Person', { readonly name: string }>

export const HEAD = {
  eventId: 'e',
  eventVersion: 1,
  occurredAt: 1,
  producer: 'p',
  tenantId: 't',
  correlationId: 'c',
  causationId: null,
  entity: { entityType: 'person', entityId: 'ada', sequence: 1 },
} as const

export const LEVEL: AvroSchema = {
  type: 'enum',
  name: 'Level',
  namespace: 'test',
  symbols: ['LOW', 'HIGH'],
}

export function person(fields: readonly AvroSchemaObject[]): AvroSchemaObject {
  return {
    type: 'record',
    name: 'Person',
    namespace: 'test',
    fields: [{ name: 'name', type: 'string' }, ...fields],
  }
}

export function envelopeSchema(
  payload: readonly AvroSchema[],
  before: readonly AvroSchemaObject[] = [],
  behind: readonly AvroSchemaObject[] = [],
): AvroSchemaObject {
  const entity = {
    type: 'record',
    name: 'orion.Entity',
    fields: [
      { name: 'entityType', type: 'string' },
      { name: 'entityId', type: 'string' },
      { name: 'sequence', type: 'long' },
    ],
  }
  const fields = [
    { name: 'eventId', type: 'string' },
    { name: 'eventType', type: 'string' },
    { name: 'eventVersion', type: 'int' },
    { name: 'occurredAt', type: 'long' },
    { name: 'producer', type: 'string' },
    { name: 'tenantId', type: 'string' },
    { name: 'correlationId', type: 'string' },
    { name: 'causationId', type: ['null', 'string'], default: null },
    { name: 'entity', type: entity },
    ...before,
    { name: 'payload', type: payload },
    ...behind,
  ]
  return { type: 'record', name: 'test.Envelope', fields }
}
