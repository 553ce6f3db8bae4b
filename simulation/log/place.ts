import type { TopicPartition } from '#streams/log'

export function placeName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
