/**
 * What a left row asks of the foreign table, in Kafka Streams' words:
 * - DELETE_KEY_NO_PROPAGATE: forget the row; no answer.
 * - DELETE_KEY_AND_PROPAGATE: forget the row; the answer is nothing, so that its result goes.
 * - PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE: an answer in any case, as there may be a result to replace.
 * - PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE: an answer only with a foreign row, as there is no result to replace.
 */
export type Instruction =
  | 'DELETE_KEY_NO_PROPAGATE'
  | 'DELETE_KEY_AND_PROPAGATE'
  | 'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE'
  | 'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE'

/** What the foreign table's side keeps of a left row. */
export interface Subscriber {
  /** Of the left row; undefined where it was deleted. */
  readonly fingerprint: Uint8Array | undefined
  /** Where the left row is, and where answers go. */
  readonly primaryPartition: number
}

/** From a left row to the partition of its foreign key, which is the record's key. */
export interface Subscription<K> extends Subscriber {
  readonly instruction: Instruction
  readonly primaryKey: K
}

/** From the foreign table's side back to the left row, whose key is the record's. */
export interface SubscriptionResponse<KForeign, VForeign> extends Subscriber {
  readonly foreignValue: VForeign | undefined
  /** Of the subscription; told where there is no value. */
  readonly foreignKey: KForeign | undefined
}

/** A left row under its foreign key; a left join's rows without one have none. */
export interface CombinedKey<KForeign, K> {
  readonly foreignKey: KForeign
  readonly primaryKey: K
}
