import type { TopicPartition } from '../log/log.ts'

/** A place where a rebuilt run and the recorded one do not agree. */
export interface OutputDifference extends TopicPartition {
  readonly taskId: string
  /** Which transaction of the task, from 0; undefined in timestamp order. */
  readonly transaction: number | undefined
  /** Where the recorded record lies, as far as known. */
  readonly offset: number | undefined
  /** Undefined where nothing stands against it. */
  readonly recorded: string | undefined
  readonly rebuilt: string | undefined
}

/** What became of the records that one task writes to one topic. */
export interface OutputComparison {
  readonly taskId: string
  readonly topic: string
  /** Equal byte for byte: key, value, timestamp, headers, order. */
  readonly equal: number
  /** Recorded and rebuilt, but not equal. */
  readonly changed: number
  /** Recorded, not rebuilt. */
  readonly missing: number
  /** Rebuilt, not recorded. */
  readonly added: number
  /** Rebuilt; the log does not hold the recorded ones any more. */
  readonly notHeld: number
}

type Count = 'equal' | 'changed' | 'missing' | 'added' | 'notHeld'

/** Counts by task and topic; the first differences are told. */
export class OutputReport {
  readonly differences: OutputDifference[] = []
  readonly #differencesMax: number
  readonly #counts = new Map<
    string,
    { -readonly [Key in keyof OutputComparison]: OutputComparison[Key] }
  >()
  #differing = 0

  constructor(differencesMax: number) {
    this.#differencesMax = differencesMax
  }

  get differing(): number {
    return this.#differing
  }

  count(taskId: string, topic: string, kind: Count, by = 1): void {
    const id = `${taskId} ${topic}`
    let counts = this.#counts.get(id)
    if (counts === undefined) {
      counts = { taskId, topic, equal: 0, changed: 0, missing: 0, added: 0, notHeld: 0 }
      this.#counts.set(id, counts)
    }
    counts[kind] += by
  }

  differ(kind: 'changed' | 'missing' | 'added', difference: OutputDifference): void {
    this.#differing++
    this.count(difference.taskId, difference.topic, kind)
    if (this.differences.length < this.#differencesMax) this.differences.push(difference)
  }

  comparisons(): readonly OutputComparison[] {
    return [...this.#counts.values()]
  }
}
