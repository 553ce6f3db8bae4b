import type { ProcessorContext } from '../../processor.ts'
import type { Derivation } from './derivation.ts'

/** Makes a row's value with the help of stores. It is asked for the new value, for the old one, and whenever the row is looked up. */
export interface TableTransformer<K, V, V2> {
  init?(context: Pick<ProcessorContext<never, never>, 'getStateStore'>): void
  transform(key: K, value: V | undefined): V2 | undefined
}

export function transformerDerivation<K, V, V2>(
  supplier: () => TableTransformer<K, V, V2>,
  stores: readonly string[],
): Derivation<K, V, V2> {
  return {
    stores,
    dropsAbsent: false,
    open(context) {
      const transformer = supplier()
      transformer.init?.(context)
      return (key, value) => transformer.transform(key, value)
    },
  }
}
