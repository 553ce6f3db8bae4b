import { z } from 'zod'
import {
  flatRecordsSchema,
  flatValuesSchema,
  folderSchema,
  joinerSchema,
  literalSchema,
  mapperSchema,
  predicateSchema,
} from './functions.ts'

export const nameSchema = z.string().min(1)
export const msSchema = z.int().min(0)
const store = nameSchema.exactOptional()
const valueTypeSchema = z.enum(['string', 'long'])

const source = <const Kind extends string>(kind: Kind) =>
  z.strictObject({
    kind: z.literal(kind),
    topic: nameSchema,
    key: valueTypeSchema,
    value: valueTypeSchema,
    as: nameSchema,
  })

const sourceSchema = z.discriminatedUnion('kind', [
  source('stream'),
  source('table').extend({ store }),
  source('globalTable').extend({ store }),
  source('versionedTable').extend({ store: nameSchema, historyRetentionMs: msSchema }),
])
export type CaseSource = z.infer<typeof sourceSchema>

const windowSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('tumbling'), sizeMs: msSchema, graceMs: msSchema }),
  z.strictObject({
    type: z.literal('hopping'),
    sizeMs: msSchema,
    advanceMs: msSchema,
    graceMs: msSchema,
  }),
  z.strictObject({ type: z.literal('sliding'), timeDifferenceMs: msSchema, graceMs: msSchema }),
  z.strictObject({ type: z.literal('session'), gapMs: msSchema, graceMs: msSchema }),
])
export type CaseWindow = z.infer<typeof windowSchema>

const untilSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('windowCloses') }),
  z.strictObject({
    kind: z.literal('timeLimit'),
    ms: msSchema,
    maxRecords: z.int().min(1).exactOptional(),
  }),
])

const op = <const Op extends string>(name: Op) => z.strictObject({ op: z.literal(name) })
const named = <const Op extends string>(name: Op) => op(name).extend({ as: nameSchema })
const from = <const Op extends string>(name: Op) => named(name).extend({ from: nameSchema })
const aggregation = {
  window: windowSchema.exactOptional(),
  emit: z.enum(['onWindowUpdate', 'onWindowClose']).exactOptional(),
  retentionMs: msSchema.exactOptional(),
  store,
}
const subtractor = folderSchema.exactOptional()
const merger = folderSchema.exactOptional()
const branchSchema = z.strictObject({ as: nameSchema, predicate: predicateSchema })
const anySide = z.enum(['inner', 'left', 'outer'])
const leftSide = z.enum(['inner', 'left'])
const sides = { left: nameSchema, right: nameSchema, joiner: joinerSchema }
const streamAndTable = { stream: nameSchema, table: nameSchema, joiner: joinerSchema }

const opSchema = z.discriminatedUnion('op', [
  from('filter').extend({ predicate: predicateSchema, store }),
  from('filterNot').extend({ predicate: predicateSchema, store }),
  from('mapValues').extend({ value: mapperSchema, store }),
  from('selectKey').extend({ key: mapperSchema }),
  from('map').extend({ key: mapperSchema, value: mapperSchema }),
  from('flatMapValues').extend({ flat: flatValuesSchema }),
  from('flatMap').extend({ flat: flatRecordsSchema }),
  named('merge').extend({ left: nameSchema, right: nameSchema }),
  op('split').extend({
    from: nameSchema,
    branches: z.array(branchSchema).min(1),
    defaultAs: nameSchema.exactOptional(),
  }),
  from('repartition'),
  from('toTable').extend({ store }),
  from('toStream'),
  from('groupByKey'),
  from('groupBy').extend({ key: mapperSchema }),
  from('groupTable').extend({
    key: mapperSchema,
    value: mapperSchema,
    dropWhenKey: z.string().exactOptional(),
  }),
  from('count').extend(aggregation),
  from('reduce').extend({ ...aggregation, adder: folderSchema, subtractor }),
  from('aggregate').extend({
    ...aggregation,
    initial: literalSchema,
    adder: folderSchema,
    subtractor,
    merger,
  }),
  named('cogroup').extend({
    inputs: z.array(z.strictObject({ from: nameSchema, adder: folderSchema })).min(1),
    initial: literalSchema,
    window: windowSchema.exactOptional(),
    merger,
    store,
  }),
  named('streamStreamJoin').extend({
    ...sides,
    type: anySide,
    window: z.strictObject({ beforeMs: msSchema, afterMs: msSchema, graceMs: msSchema }),
  }),
  named('streamTableJoin').extend({
    ...streamAndTable,
    type: leftSide,
    graceMs: msSchema.exactOptional(),
  }),
  named('streamGlobalTableJoin').extend({
    ...streamAndTable,
    type: leftSide,
    keyMapper: mapperSchema,
  }),
  named('tableTableJoin').extend({ ...sides, type: anySide, store }),
  named('foreignKeyJoin').extend({ ...sides, type: leftSide, foreignKey: mapperSchema, store }),
  from('suppress').extend({ until: untilSchema }),
  from('emitCountEvery').extend({
    everyMs: z.int().min(1),
    clock: z.enum(['streamTime', 'wallClock']),
  }),
])
export type CaseOp = z.infer<typeof opSchema>
export type OpNamed<Op extends CaseOp['op']> = Extract<CaseOp, { readonly op: Op }>

export const topologySchema = z.strictObject({
  sources: z.array(sourceSchema).min(1),
  ops: z.array(opSchema),
  sinks: z.array(z.strictObject({ from: nameSchema, topic: nameSchema })).min(1),
  caching: z.boolean().exactOptional(),
})
export type CaseTopology = z.infer<typeof topologySchema>
