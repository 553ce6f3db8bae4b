import type { Topology } from '#streams'
import type { LogRecord, NewTopic, ProducerRecord } from '#streams/log'
import type { SeededRandom } from '../random.ts'

/** What one input producer does at one time: all of it, or, aborted, nothing that anybody may see. */
export interface InputBatch {
  readonly atMs: number
  readonly topic: string
  readonly partition: number
  readonly records: readonly ProducerRecord[]
  readonly transaction: 'none' | 'committed' | 'aborted'
}

/** What came out, and what the inputs were. */
export interface Results {
  /** Committed records of a topic, by partition. */
  output(topic: string): readonly (readonly LogRecord[])[]
}

/** One topology, its inputs of a seed, and what must be true of its outputs whatever happened on the way. */
export interface Scenario {
  readonly name: string
  readonly topology: Topology
  readonly topics: readonly NewTopic[]
  readonly inputs: readonly InputBatch[]
  readonly outputs: readonly string[]
  /** Whether a run without faults has the same outputs, in the same order for each key. */
  readonly isSequenceFixed: boolean
  readonly recordCacheBytesMax: number
  /** @returns what is wrong */
  check(results: Results): readonly string[]
}

interface ScenarioShape {
  readonly partitions: number
  readonly records: number
  /** Inputs are written until then. */
  readonly inputMs: number
  readonly random: SeededRandom
}

export type MakeScenario = (shape: ScenarioShape) => Scenario

export function newTopic(
  topic: string,
  partitions: number,
  cleanup: NewTopic['cleanup'] = 'delete',
): NewTopic {
  return { topic, partitions, cleanup, retentionMs: -1, retentionBytes: -1 }
}

export function jsonRecord(key: string, value: object, timestampMs: number): ProducerRecord {
  return { key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)), timestampMs }
}

export function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString()
}

/** Records of a topic by key, each key in the order of its partition. */
export function byKey(partitions: readonly (readonly LogRecord[])[]): Map<string, LogRecord[]> {
  const lines = new Map<string, LogRecord[]>()
  for (const record of partitions.flat()) {
    const key = textOf(record.key)
    const known = lines.get(key)
    if (known === undefined) lines.set(key, [record])
    else known.push(record)
  }
  return lines
}
