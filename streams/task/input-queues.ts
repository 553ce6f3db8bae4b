import type { OffsetCommit } from '../log/log.ts'
import { decodeTimeProgress } from './offset-metadata.ts'
import { PartitionQueue } from './partition-queue.ts'
import type { SourceRunner } from './source-runner.ts'
import type { TaskGraph } from './task-graph.ts'
import type { TaskInput } from './task-options.ts'
import type { InputPosition } from './transaction-schedule.ts'

/** The input partitions of a task: which record comes next, and whether the task may take it or has to wait for another input. */
export class InputQueues {
  /** In the order of topic and partition. */
  readonly all: readonly PartitionQueue[]
  readonly #committed = new Map<PartitionQueue, number>()
  readonly #logicalTopics: ReadonlyMap<string, string>
  readonly #maxTaskIdleMs: number

  constructor(inputs: readonly TaskInput[], graph: TaskGraph, maxTaskIdleMs: number) {
    this.#maxTaskIdleMs = maxTaskIdleMs
    this.all = makeQueues(inputs, graph)
    this.#logicalTopics = new Map(inputs.map(({ topic, logicalTopic }) => [topic, logicalTopic]))
    for (const queue of this.all) this.#committed.set(queue, queue.position)
  }

  find(topic: string, partition: number): PartitionQueue | undefined {
    return this.all.find((queue) => queue.topic === topic && queue.partition === partition)
  }

  get hasBuffered(): boolean {
    for (const queue of this.all) if (queue.head !== undefined) return true
    return false
  }

  /** The order of the queues decides between equal timestamps. */
  smallestHead(): PartitionQueue | undefined {
    let smallest: PartitionQueue | undefined
    for (const queue of this.all) {
      if (queue.head === undefined) continue
      if (smallest === undefined || queue.headTimestampMs < smallest.headTimestampMs)
        smallest = queue
    }
    return smallest
  }

  isReady(nowMs: number): boolean {
    const maxTaskIdleMs = this.#maxTaskIdleMs
    if (maxTaskIdleMs < 0 || this.all.length === 1) return this.hasBuffered
    let buffered = false
    let waits = false
    for (const queue of this.all) {
      if (queue.head !== undefined) {
        buffered = true
        continue
      }
      if (queue.unfetched > 0) {
        waits = true
        continue
      }
      // A clock that is set back must not make the task wait until it has caught up.
      queue.idleSinceMs = Math.min(queue.idleSinceMs ?? nowMs, nowMs)
      if (nowMs - queue.idleSinceMs < maxTaskIdleMs) waits = true
    }
    return buffered && !waits
  }

  /** Of every input, the next offset to take. */
  positions(): InputPosition[] {
    return this.all.map(({ topic, partition, position }) => ({
      topic,
      partition,
      offset: position,
    }))
  }

  /** Inputs whose position is not the committed one. */
  moved(): readonly PartitionQueue[] {
    return this.all.filter((queue) => queue.position !== this.#committed.get(queue))
  }

  committed(offsets: readonly OffsetCommit[]): void {
    for (const { topic, partition, offset, metadata } of offsets) {
      const queue = this.find(topic, partition)
      if (queue === undefined) continue
      this.#committed.set(queue, offset)
      queue.committed(offset, metadata)
    }
  }

  /** Goes back to the last commit, with nodes that were made anew. */
  rollBack(graph: TaskGraph): void {
    for (const queue of this.all) {
      const source = sourceOf(graph, this.#logicalTopics.get(queue.topic) ?? queue.topic)
      const position = this.#committed.get(queue) ?? queue.position
      const partitionTimeMs = decodeTimeProgress(queue.metadata)?.partitionTimeMs ?? -1
      queue.rollBack(source, position, partitionTimeMs)
    }
  }

  committedPositions(): InputPosition[] {
    return this.all.map((queue) => {
      const { topic, partition } = queue
      return { topic, partition, offset: this.#committed.get(queue) ?? 0 }
    })
  }

  clear(): void {
    for (const queue of this.all) queue.clear()
  }
}

function makeQueues(inputs: readonly TaskInput[], graph: TaskGraph): PartitionQueue[] {
  const queues = inputs.map((input) => {
    const source = sourceOf(graph, input.logicalTopic)
    const partitionTimeMs = decodeTimeProgress(input.metadata)?.partitionTimeMs ?? -1
    return new PartitionQueue({ ...input, source, partitionTimeMs })
  })
  const order = (a: PartitionQueue, b: PartitionQueue) =>
    a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition
  return queues.sort(order)
}

function sourceOf(graph: TaskGraph, logicalTopic: string): SourceRunner {
  const source = graph.sources.get(logicalTopic)
  if (source === undefined) throw new Error(`no source reads ${logicalTopic}`)
  return source
}
