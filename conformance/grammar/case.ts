import { z } from 'zod'
import { literalSchema } from './functions.ts'
import { msSchema, nameSchema, topologySchema } from './topology.ts'

const outKeySchema = z.union([
  literalSchema,
  z.strictObject({ key: literalSchema, window: z.tuple([z.int(), z.int()]) }),
])

const recordSchema = z.strictObject({
  key: outKeySchema,
  value: literalSchema,
  timestamp: z.int(),
})
/** A record as a case writes it. */
export type CaseRecord = z.infer<typeof recordSchema>

const entrySchema = recordSchema.extend({ timestamp: z.int().exactOptional() })
/** An entry of a store; sessions have no timestamp. */
export type CaseEntry = z.infer<typeof entrySchema>

const querySchema = z.union([
  z.strictObject({
    keyFrom: literalSchema,
    keyTo: literalSchema,
    timeFrom: msSchema.exactOptional(),
    timeTo: msSchema.exactOptional(),
  }),
  z.strictObject({ keys: z.array(literalSchema), asOf: msSchema.exactOptional() }),
])
export type CaseQuery = z.infer<typeof querySchema>

const pipeSchema = z.strictObject({
  topic: nameSchema,
  key: literalSchema,
  value: literalSchema,
  timestamp: msSchema,
})
const expectSchema = z.strictObject({
  output: nameSchema,
  mode: z.literal('allSinceLastCheck'),
  records: z.array(recordSchema),
})
const expectStoreSchema = z.strictObject({
  store: nameSchema,
  entries: z.array(entrySchema),
  query: querySchema.exactOptional(),
})

/** One object with one of four properties, turned into a union that a switch can take. */
const stepSchema = z
  .strictObject({
    pipe: pipeSchema.exactOptional(),
    advanceWallClock: z.strictObject({ ms: msSchema }).exactOptional(),
    expect: expectSchema.exactOptional(),
    expectStore: expectStoreSchema.exactOptional(),
  })
  .refine((step) => Object.keys(step).length === 1, {
    error: 'a step is one of pipe, advanceWallClock, expect, expectStore',
  })
export type CaseStep = z.infer<typeof stepSchema>

const originSchema = z.union([
  z.strictObject({ upstream: z.string() }),
  z.strictObject({ generatedBySeed: z.int(), index: z.int() }),
])

export const caseSchema = z.strictObject({
  id: nameSchema,
  category: nameSchema,
  source: originSchema,
  topology: topologySchema,
  steps: z.array(stepSchema),
  droppedRecords: z.int().exactOptional(),
  quirk: z.literal('closedWindowLost').exactOptional(),
})
export type ConformanceCase = z.infer<typeof caseSchema>

/** Cases are checked one by one, so that one fault does not hide the others. */
export const caseFileSchema = z.strictObject({
  schemaVersion: z.literal(2),
  category: z.string(),
  cases: z.array(z.unknown()),
})
