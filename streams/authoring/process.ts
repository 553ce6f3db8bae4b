import type { ProcessorSupplier } from '../processor.ts'
import type { StoreSpec } from '../store.ts'
import type { Named } from './options.ts'
import type { Scope } from './scope.ts'
import type { StreamNode } from './stream-node.ts'

export interface ProcessOptions extends Named {
  /** Specifications, or names of stores that were added before; names of global tables' stores too. */
  readonly stores?: readonly (string | StoreSpec)[]
}

/** A processor of the author's; with stores it is warned about where the key may have changed. */
export function addProcess<K, V, KOut, VOut>(
  scope: Scope,
  stream: StreamNode<K, V>,
  prefix: string,
  supplier: ProcessorSupplier<K, V, KOut, VOut>,
  { as, stores = [] }: ProcessOptions,
): string {
  const name = scope.names.node(as, prefix)
  scope.builder.addProcessor(name, supplier, [stream.name], stores)
  if (stores.length > 0 && stream.repartitionRequired) {
    scope.builder.addWarning({
      code: 'REPARTITION_REQUIRED',
      name,
      message: `"${name}" keeps state behind an operator that may change the key: equal keys may be on different partitions. Put repartition() before it.`,
    })
  }
  return name
}
