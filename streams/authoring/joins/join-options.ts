import type { Named, SinkSerde } from '../options.ts'
import type { AnySerdes, SerdesKnown, SerdesNeeded } from '../serdes-known.ts'

/** Options of a join of two streams. `as` names its nodes and repartition topics, not its stores. */
export interface StreamJoinOptions extends Named {
  /** Base name of the join's stores, and thereby of their changelogs. */
  readonly storeName?: string
  /** Default true: the stores have changelogs. */
  readonly logged?: boolean
  /** Default true: the stores are on disk. */
  readonly persistent?: boolean
}

/** Both streams are kept, so that all three serdes are needed; those that the streams know need not be given. */
export interface StreamJoined<K, V, VOther> extends StreamJoinOptions {
  readonly keySerde?: SinkSerde<K>
  readonly valueSerde?: SinkSerde<V>
  readonly otherValueSerde?: SinkSerde<VOther>
}

/** All three serdes, as a join of streams that know none asks for them. */
export interface StreamJoinedWith<K, V, VOther> extends StreamJoinOptions {
  readonly keySerde: SinkSerde<K>
  readonly valueSerde: SinkSerde<V>
  readonly otherValueSerde: SinkSerde<VOther>
}

export const StreamJoined = {
  with<K, V, VOther>(
    keySerde: SinkSerde<K>,
    valueSerde: SinkSerde<V>,
    otherValueSerde: SinkSerde<VOther>,
    options: StreamJoinOptions = {},
  ): StreamJoinedWith<K, V, VOther> {
    return { ...options, keySerde, valueSerde, otherValueSerde }
  },
} as const

/** Options of a join of a stream with a table. `as` names its node and its repartition topic. */
export interface JoinedOptions extends Named {
  /**
   * With a versioned table: records wait until stream time passes theirs by so much, in ms, then leave in the order of their times, so that
   * rows which come late are still found.
   */
  readonly graceMs?: number
}

export interface Joined<K, V> extends JoinedOptions, AnySerdes<K, V> {}

/** Both serdes, as a join of a stream that knows none asks for them. */
export interface JoinedWith<K, V> extends JoinedOptions {
  readonly keySerde: SinkSerde<K>
  readonly valueSerde: SinkSerde<V>
}

export const Joined = {
  with<K, V, Options extends JoinedOptions = JoinedOptions>(
    keySerde: SinkSerde<K>,
    valueSerde: SinkSerde<V>,
    options?: Options,
  ): JoinedWith<K, V> & Options {
    return { ...(options as Options), keySerde, valueSerde }
  },
} as const

/** Last parameter of a join of two streams: the serdes that are not known have to be given. */
export type StreamJoinArguments<K, V, VOther, S extends SerdesKnown, SOther extends SerdesKnown> = [
  SerdesKnown,
  'value',
] extends [S | Extract<SOther, 'key'>, SOther]
  ? [joined?: StreamJoined<K, V, VOther>]
  : [
      joined: StreamJoinOptions &
        SerdesNeeded<K, V, S | Extract<SOther, 'key'>> &
        OtherSerdeNeeded<VOther, SOther>,
    ]

type OtherSerdeNeeded<VOther, SOther extends SerdesKnown> = 'value' extends SOther
  ? { readonly otherValueSerde?: SinkSerde<VOther> }
  : { readonly otherValueSerde: SinkSerde<VOther> }

/**
 * Last parameter of a join with a table. Serdes are needed where records go through a topic or a buffer: with `graceMs`, and where the key's
 * serde is forgotten, for then the key has changed.
 */
export type TableJoinArguments<K, V, S extends SerdesKnown> = [SerdesKnown] extends [S]
  ? [joined?: Joined<K, V>]
  : 'key' extends S
    ? [joined?: (Joined<K, V> & { readonly graceMs?: never }) | WithGrace<K, V, S>]
    : [joined: JoinedOptions & SerdesNeeded<K, V, S>]

type WithGrace<K, V, S extends SerdesKnown> = SerdesNeeded<K, V, S> &
  Named & { readonly graceMs: number }
