import { StreamsError } from '../errors.ts'
import type { SubTopology, Topology } from '../topology.ts'

/**
 * Partition counts by logical topic. A repartition topic without a count takes that of the topics it is joined with; else that of those it
 * is read together with; else the largest of those that its writers read.
 * @throws {StreamsError} STREAMS_NOT_COPARTITIONED, STREAMS_UNKNOWN_PARTITIONS
 */
export function partitionCountsOf(
  topology: Topology,
  externalCounts: ReadonlyMap<string, number>,
): Map<string, number> {
  const counts = new Map(externalCounts)
  const open = new Set<string>()
  for (const { name, partitions } of topology.repartitions) {
    if (partitions !== undefined) counts.set(name, partitions)
    else open.add(name)
  }
  const groups = mergedGroups(topology.copartitioned ?? [])
  while (open.size > 0) {
    const settled = [...open].filter((name) => {
      const group = groups.find((topics) => topics.includes(name)) ?? [name]
      const count = countOfGroup(topology, group, counts)
      if (count === undefined) return false
      for (const member of group) if (open.has(member)) counts.set(member, count)
      return true
    })
    for (const name of settled) open.delete(name)
    if (settled.length === 0) {
      throw new StreamsError(
        'STREAMS_UNKNOWN_PARTITIONS',
        `the partition count of ${[...open].join(', ')} follows from nothing`,
        {},
        'Give the repartition a number of partitions.',
      )
    }
  }
  for (const group of groups) requireEqualCounts(topology, group, counts)
  return counts
}

export function sourceTopics(subTopology: SubTopology): string[] {
  return subTopology.nodes.flatMap((node) => (node.kind === 'source' ? [...node.topics] : []))
}

/** Groups that share a topic are one. */
function mergedGroups(groups: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let merged: Set<string>[] = []
  for (const group of groups) {
    const joined = new Set(group)
    const apart = merged.filter((one) => {
      if (!group.some((topic) => one.has(topic))) return true
      for (const topic of one) joined.add(topic)
      return false
    })
    merged = [...apart, joined]
  }
  return merged.map((group) => [...group])
}

/** Undefined while it is not known. */
function countOfGroup(
  topology: Topology,
  group: readonly string[],
  counts: ReadonlyMap<string, number>,
): number | undefined {
  const given = group.flatMap((topic) => counts.get(topic) ?? [])
  if (given.length > 0) return Math.max(...given)
  const beside = group.flatMap((topic) => countBesides(topology, topic, counts) ?? [])
  if (beside.length > 0) return Math.max(...beside)
  const above = group.map((topic) => countOfWriters(topology, topic, counts))
  const known = above.filter((count) => count !== undefined)
  return known.length === above.length ? Math.max(...known) : undefined
}

function countBesides(
  topology: Topology,
  name: string,
  counts: ReadonlyMap<string, number>,
): number | undefined {
  const reader = topology.subTopologies.find((sub) => sourceTopics(sub).includes(name))
  if (reader === undefined) return undefined
  const known = sourceTopics(reader).flatMap((topic) => counts.get(topic) ?? [])
  return known.length === 0 ? undefined : Math.max(...known)
}

function countOfWriters(
  topology: Topology,
  name: string,
  counts: ReadonlyMap<string, number>,
): number | undefined {
  const writers = topology.subTopologies.filter((sub) =>
    sub.nodes.some((node) => node.kind === 'sink' && node.topic === name),
  )
  const known = writers
    .flatMap(sourceTopics)
    .filter((topic) => topic !== name)
    .map((topic) => counts.get(topic))
  if (known.length === 0) return undefined
  let largest = 0
  for (const count of known) {
    if (count === undefined) return undefined
    largest = Math.max(largest, count)
  }
  return largest
}

function requireEqualCounts(
  topology: Topology,
  group: readonly string[],
  counts: ReadonlyMap<string, number>,
): void {
  const members = group.flatMap((topic) => {
    const count = counts.get(topic)
    return count === undefined ? [] : [{ topic, count }]
  })
  if (new Set(members.map(({ count }) => count)).size <= 1) return
  const told = members
    .sort((a, b) => (a.topic < b.topic ? -1 : 1))
    .map(({ topic, count }) => `${topic} has ${count}`)
  throw new StreamsError(
    'STREAMS_NOT_COPARTITIONED',
    `topics that are joined in topology ${topology.name} differ in their partitions: ${told.join(', ')}`,
    {},
    'Give them equal counts: put repartition({ partitions }) before the join, or make the topic anew.',
  )
}
