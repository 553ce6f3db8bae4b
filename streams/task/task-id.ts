/** `<sub-topology>_<partition>`, as in Kafka Streams. */
export function taskIdOf(subTopologyId: number, partition: number): string {
  return `${subTopologyId}_${partition}`
}

export interface TaskIdParts {
  readonly subTopologyId: number
  readonly partition: number
}

const TASK_ID = /^(\d+)_(\d+)$/

/** Undefined when the text is no task id (another folder beside the tasks', say). */
export function parseTaskId(text: string): TaskIdParts | undefined {
  const match = TASK_ID.exec(text)
  if (match === null) return undefined
  return { subTopologyId: Number(match[1]), partition: Number(match[2]) }
}

/** By sub-topology, then partition. */
export function compareTaskIds(left: string, right: string): number {
  const a = parseTaskId(left)
  const b = parseTaskId(right)
  if (a === undefined || b === undefined) return left < right ? -1 : left > right ? 1 : 0
  return a.subTopologyId - b.subTopologyId || a.partition - b.partition
}
