import type { Serde, Topology } from '#streams'
import type { LogRecord, ProducerRecord } from '#streams/log'

/** An application with the records that it is shown with. */
export interface Example {
  readonly name: string
  /** One sentence. */
  readonly shows: string
  readonly topology: Topology
  readonly inputs: readonly InputTopic[]
  readonly output: OutputTopic
}

export interface InputTopic {
  readonly topic: string
  readonly records: readonly ProducerRecord[]
  /** The same records, readable. */
  readonly lines: readonly string[]
}

export interface OutputTopic {
  readonly topic: string
  show(record: Pick<LogRecord, 'key' | 'value' | 'timestampMs'>): string
}

export type Sample<K, V> = readonly [key: K, value: V, at: string]

/** Records with times of one day, `HH:MM:SS`. */
export function input<K, V>(
  topic: string,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
  samples: readonly Sample<K, V>[],
): InputTopic {
  return {
    topic,
    records: samples.map(([key, value, at]) => ({
      key: keySerde.serialize(topic, key),
      value: valueSerde.serialize(topic, value),
      timestampMs: timeOf(at),
    })),
    lines: samples.map(([key, value, at]) => `${at}  ${textOf(key)} = ${textOf(value)}`),
  }
}

export function output<K, V>(
  topic: string,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
  show: (key: K, value: V | undefined) => string,
): OutputTopic {
  return {
    topic,
    show: ({ key, value }) => {
      if (key === null) throw new Error(`a record of ${topic} has no key`)
      const read = value === null ? undefined : valueSerde.deserialize(topic, value)
      return show(keySerde.deserialize(topic, key), read)
    },
  }
}

const DAY = '2026-03-02'

/** Of the day of the examples, UTC, in ms. */
function timeOf(at: string): number {
  return Date.parse(`${DAY}T${at}Z`)
}

/** `HH:MM:SS` of a time in ms. */
export function clockText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
