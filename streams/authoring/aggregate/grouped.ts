import type { Serde } from '../../serde.ts'
import type { Named } from '../options.ts'

/** How records are grouped: `as` names the repartition topic, should one be needed, and the node that selects the key. */
export interface Grouped<K, V> extends Named {
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

export const Grouped = {
  with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>, options: Named = {}): Grouped<K, V> {
    return { ...options, keySerde, valueSerde }
  },
}
