import { z } from 'zod'

/** The closed sets of named functions that a case's topology may use; `functions/` says what each does. */
export const literalSchema = z.union([z.string(), z.int(), z.null()])
export type Literal = z.infer<typeof literalSchema>

const kind = <const Name extends string>(name: Name) => z.strictObject({ kind: z.literal(name) })
const index = z.int()

export const mapperSchema = z.discriminatedUnion('kind', [
  kind('key'),
  kind('value'),
  kind('constant').extend({ value: literalSchema }),
  kind('append').extend({ text: z.string() }),
  kind('keyThenValue').extend({ separator: z.string() }),
  kind('upper'),
  kind('length'),
  kind('field').extend({ separator: z.string(), index: index.min(0) }),
  kind('fieldUnless').extend({
    separator: z.string(),
    index: index.min(0),
    nullWhen: z.string(),
  }),
  kind('charOfKey').extend({ index }),
  kind('charOfValue').extend({ index }),
  kind('toText'),
  kind('toNumber'),
  kind('plus').extend({ amount: z.int() }),
  kind('modulo').extend({ by: z.int() }),
  kind('nullWhen').extend({ equals: literalSchema }),
  kind('valueUnlessKey').extend({ nullWhenKey: z.string() }),
  kind('windowedKeyText'),
  kind('windowedKeyInner'),
])
export type MapperCall = z.infer<typeof mapperSchema>

export const predicateSchema = z.discriminatedUnion('kind', [
  kind('always'),
  kind('never'),
  kind('valueIsNull'),
  kind('valueEquals').extend({ value: literalSchema }),
  kind('keyEquals').extend({ value: literalSchema }),
  kind('valueContains').extend({ text: z.string() }),
  kind('valueAbove').extend({ limit: z.int() }),
  kind('lengthAbove').extend({ limit: z.int() }),
])
export type PredicateCall = z.infer<typeof predicateSchema>

export const joinerSchema = z.discriminatedUnion('kind', [
  kind('concat').extend({
    separator: z.string(),
    nullAs: z.string(),
    prefix: z.string().exactOptional(),
    suffix: z.string().exactOptional(),
  }),
  kind('left'),
  kind('right'),
  kind('sum'),
])
export type JoinerCall = z.infer<typeof joinerSchema>

export const folderSchema = z.discriminatedUnion('kind', [
  kind('appendWith').extend({ separator: z.string() }),
  kind('sum'),
  kind('subtract'),
  kind('increment'),
  kind('decrement'),
  kind('max'),
  kind('min'),
  kind('first'),
  kind('last'),
  kind('removeAll'),
])
export type FolderCall = z.infer<typeof folderSchema>

const times = z.int().min(0)

export const flatValuesSchema = z.discriminatedUnion('kind', [
  kind('repeat').extend({ times }),
  kind('split').extend({ separator: z.string() }),
])
export type FlatValuesCall = z.infer<typeof flatValuesSchema>

export const flatRecordsSchema = z.discriminatedUnion('kind', [
  kind('repeat').extend({ times }),
  kind('splitToKeys').extend({ separator: z.string() }),
])
export type FlatRecordsCall = z.infer<typeof flatRecordsSchema>
