import type { Serde } from '../serde.ts'
import type { SinkSerde } from './options.ts'

/**
 * What the builder still knows of a stream's or table's serdes, as a type: operators that change a type forget its serde. Whoever writes
 * records somewhere asks for what is missing, so that a missing serde does not compile.
 */
export type SerdesKnown = 'key' | 'value'

/** The serdes that have to be given, because they are not known; the others may be given. A tombstone (`undefined`) needs no serde. */
export type SerdesNeeded<K, V, S extends SerdesKnown> = ('key' extends S
  ? { readonly keySerde?: SinkSerde<K> }
  : { readonly keySerde: SinkSerde<K> }) &
  ('value' extends S
    ? { readonly valueSerde?: SinkSerde<V> }
    : { readonly valueSerde: SinkSerde<V> })

/** Last parameters of a method that needs both serdes: options may be left out when both are known. */
export type SerdeArguments<K, V, S extends SerdesKnown, Options> = [SerdesKnown] extends [S]
  ? [options?: Options & SerdesNeeded<K, V, S>]
  : [options: Options & SerdesNeeded<K, V, S>]

/** The options of `SerdeArguments`, for the code behind the signature. */
export type AnySerdes<K, V> = {
  readonly keySerde?: SinkSerde<K> | undefined
  readonly valueSerde?: SinkSerde<V> | undefined
}

/** What is known of a stream or table, for the compiler alone: values are handed out, serdes are asked for. */
export interface TypesKnown<K, V, S extends SerdesKnown> {
  readonly records: readonly [K, V]
  readonly serdes: (needed: S) => void
}

/** A serde that was given for writing, as nodes keep it: what was written by it is read by it. */
export function asSerde<T>(serde: SinkSerde<T> | undefined): Serde<T> | undefined {
  return serde as Serde<T> | undefined
}
