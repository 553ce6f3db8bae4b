import type { Scope } from '../scope.ts'
import type { GroupNode } from './group.ts'

/** Records of a stream that are about to be aggregated by their key. Records without key or value are dropped by every aggregate. */
export class KGroupedStream<K, V> {
  readonly #scope: Scope
  readonly #group: GroupNode<K, V>

  constructor(scope: Scope, group: GroupNode<K, V>) {
    this.#scope = scope
    this.#group = group
  }

  /** For operators of other files. */
  get scope(): Scope {
    return this.#scope
  }

  get group(): GroupNode<K, V> {
    return this.#group
  }
}
