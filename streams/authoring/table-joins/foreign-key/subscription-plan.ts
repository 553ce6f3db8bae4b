import type { Instruction } from './subscription.ts'

/** What a left row's change says to the foreign table: who is told what, in this order. */
export interface SubscriptionPlan<KForeign> {
  readonly messages: readonly PlannedMessage<KForeign>[]
  /** The row leads nowhere and, in an inner join, has no result. */
  readonly lacksForeignKey: boolean
}

interface PlannedMessage<KForeign> {
  /** Undefined: a left join's row without a foreign key, or none any more; it is only answered. */
  readonly foreignKey: KForeign | undefined
  readonly instruction: Instruction
}

export interface ForeignKeyChange<KForeign> {
  /** The foreign keys of the row before and after; undefined without a row, or where the row has none. */
  readonly before: KForeign | undefined
  readonly after: KForeign | undefined
  readonly hadRow: boolean
  readonly hasRow: boolean
  readonly isSameKey: (one: KForeign, other: KForeign) => boolean
}

const SILENT = { messages: [], lacksForeignKey: false } as const

/** Every change is answered, as every left row has a result; a deleted one is answered with nothing. */
export function planLeftJoin<KForeign>(
  change: ForeignKeyChange<KForeign>,
): SubscriptionPlan<KForeign> {
  const { before, after, hadRow, hasRow, isSameKey } = change
  if (!hadRow && !hasRow) return SILENT
  const renewed = message(after, 'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE')
  const moves = before !== undefined && (after === undefined || !isSameKey(before, after))
  const messages = moves ? [message(before, 'DELETE_KEY_NO_PROPAGATE'), renewed] : [renewed]
  return { messages, lacksForeignKey: false }
}

/** Answers are asked for only where there may be a result, or was one. */
export function planInnerJoin<KForeign>(
  change: ForeignKeyChange<KForeign>,
): SubscriptionPlan<KForeign> {
  const { before, after, hasRow, isSameKey } = change
  if (after === undefined) {
    const messages = before === undefined ? [] : [message(before, 'DELETE_KEY_AND_PROPAGATE')]
    return { messages, lacksForeignKey: hasRow }
  }
  const isUnchanged = before === undefined || isSameKey(before, after)
  const messages = isUnchanged
    ? [message(after, 'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE')]
    : [
        message(before, 'DELETE_KEY_NO_PROPAGATE'),
        message(after, 'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE'),
      ]
  return { messages, lacksForeignKey: false }
}

function message<KForeign>(
  foreignKey: KForeign | undefined,
  instruction: Instruction,
): PlannedMessage<KForeign> {
  return { foreignKey, instruction }
}
