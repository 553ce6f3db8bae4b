import type { TopicPartition } from '../log.ts'

/** A key for maps. NUL is not allowed in topic names. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}\0${partition}`
}

/** Entries by topic, in the order in which the topics first appear. */
export function byTopic<T extends TopicPartition>(
  entries: readonly T[],
): readonly (readonly [topic: string, entries: readonly T[]])[] {
  const grouped = new Map<string, T[]>()
  for (const entry of entries) {
    const group = grouped.get(entry.topic)
    if (group === undefined) grouped.set(entry.topic, [entry])
    else group.push(entry)
  }
  return [...grouped]
}
