import type { LogAdmin, OffsetQuery, TopicPartition } from '#streams/log'
import type { Machine } from '../machine.ts'
import type { Broker } from './broker.ts'
import { groupActive } from './errors.ts'
import type { CallOptions } from './network.ts'

const READ: CallOptions = { isRead: true }

/** Administration as one process asks for it. */
export function createAdmin(broker: Broker, machine: Machine): LogAdmin {
  const { network, offsets } = broker
  const ask = <T>(what: string, apply: () => T, options: CallOptions = READ): Promise<T> =>
    network.call(machine, 'admin', what, apply, options)
  return {
    createTopics: (topics) => {
      // A second delivery is answered as the first one was, a refusal too: it could make a topic that was deleted in between.
      const created = once(() => broker.createTopics(topics))
      return ask('createTopics', created, {})
    },
    deleteTopics: (topics) =>
      ask(
        'deleteTopics',
        () => {
          for (const topic of topics) broker.deleteTopic(topic)
        },
        // A second delivery could delete a topic that was made anew in between.
        { repeats: false },
      ),
    listTopics: () => ask('listTopics', () => broker.topics()),
    describeTopics: (topics) =>
      ask('describeTopics', () => topics.map((topic) => broker.describe(topic))),
    offsets: (places, at) =>
      places.length === 0
        ? Promise.resolve([])
        : ask('offsets', () => places.map((place) => offsetOf(broker, place, at))),
    listGroups: () => ask('listGroups', () => broker.groupIds()),
    describeGroup: (groupId) => ask('describeGroup', () => broker.group(groupId).describe()),
    groupOffsets: (groupId, places) =>
      ask('groupOffsets', () => places.map((at) => offsets.get(groupId, at))),
    setGroupOffsets: (groupId, commits) =>
      ask(
        'setGroupOffsets',
        () => {
          if (broker.group(groupId).isActive) throw groupActive(groupId)
          offsets.set(groupId, commits)
        },
        {},
      ),
    deleteGroup: (groupId) => ask('deleteGroup', () => broker.deleteGroup(groupId), {}),
    truncate: (positions) =>
      ask('truncate', () => {
        for (const at of positions) broker.partition(at).truncate(at.offset)
      }),
  }
}

function once<T>(apply: () => T): () => T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  return () => {
    if (outcome === undefined) {
      try {
        outcome = { value: apply() }
      } catch (error) {
        outcome = { error }
      }
    }
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
}

function offsetOf(broker: Broker, place: TopicPartition, at: OffsetQuery): number {
  const partition = broker.partition(place)
  if (at === 'earliest') return partition.startOffset
  if (at === 'latest') return partition.endOffset
  if (at === 'stable') return partition.stableOffset
  return partition.offsetAt(at.timestampMs)
}
