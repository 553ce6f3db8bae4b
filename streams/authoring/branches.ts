import { type BranchRule, branchRecords, passRecords } from './operators.ts'
import type { Scope } from './scope.ts'
import type { SerdesKnown } from './serdes-known.ts'
import type { KStream } from './stream.ts'

/**
 * The branches of a split, by name. Nodes of branches are named as in Kafka Streams: the split's name, then the branch's, nothing in between
 * (so `{ as: 'by-kind-' }` reads well). The keys of the result are the branches' names alone, and the types know them.
 */
export class BranchedKStream<
  K,
  V,
  Rest = V,
  S extends SerdesKnown = never,
  Branches extends object = object,
> {
  readonly #scope: Scope
  readonly #streamOf: (node: string) => KStream<K, V, S>
  readonly #split: string
  readonly #rules: BranchRule<K, V>[] = []
  readonly #branches: Record<string, unknown> = {}

  constructor(
    scope: Scope,
    split: {
      readonly of: string
      readonly as: string | undefined
      readonly streamOf: (node: string) => KStream<K, V, S>
    },
  ) {
    this.#scope = scope
    this.#streamOf = split.streamOf
    this.#split = scope.names.node(split.as, 'KSTREAM-BRANCH-')
    scope.builder.addProcessor(this.#split, branchRecords(this.#rules), [split.of])
  }

  branch<Name extends string, V2 extends V>(
    name: Name,
    accepts: (key: K, value: V) => value is V2,
  ): BranchedKStream<
    K,
    V,
    Exclude<Rest, V2>,
    S,
    Branches & Readonly<Record<Name, KStream<K, V2, S>>>
  >
  branch<Name extends string>(
    name: Name,
    accepts: (key: K, value: V) => boolean,
  ): BranchedKStream<K, V, Rest, S, Branches & Readonly<Record<Name, KStream<K, Rest, S>>>>
  branch(name: string, accepts: (key: K, value: V) => boolean): unknown {
    const child = this.#scope.names.node(`${this.#split}${name}`, 'KSTREAM-BRANCHCHILD-')
    this.#rules.push({ child, accepts })
    this.#scope.builder.addProcessor(child, passRecords(), [this.#split])
    this.#branches[name] = this.#streamOf(child)
    return this
  }

  /** Ends the split: what no branch accepted is dropped. */
  noDefaultBranch(): Branches {
    return this.#branches as Branches
  }

  /** Ends the split: what no branch accepted goes to this one. */
  defaultBranch<Name extends string>(
    name: Name,
  ): Branches & Readonly<Record<Name, KStream<K, Rest, S>>> {
    this.branch(name, () => true)
    return this.#branches as Branches & Readonly<Record<Name, KStream<K, Rest, S>>>
  }
}
