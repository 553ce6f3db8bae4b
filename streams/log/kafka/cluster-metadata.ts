import type { RawRequest } from './broker-link.ts'
import { ByteWriter } from './byte-writer.ts'

export interface TopicMetadata {
  readonly topic: string
  readonly internal: boolean
  /** Node of each partition's leader, by partition; -1 where there is none. */
  readonly leaders: readonly number[]
  readonly replicationFactor: number
}

export interface ClusterMetadata {
  readonly brokers: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
  }[]
  readonly topics: readonly TopicMetadata[]
}

/** Metadata, version 5. kafkajs' own codec fails the whole answer when one topic of it is unknown. */
export function metadataRequest(
  topics: readonly string[] | undefined,
): RawRequest<ClusterMetadata> {
  const body = new ByteWriter()
  if (topics === undefined) body.int32(-1)
  else body.array(topics, (writer, topic) => writer.string(topic))
  return {
    apiKey: 3,
    apiVersion: 5,
    apiName: 'Metadata',
    body: body.int8(0),
    read: (reader) => {
      reader.int32()
      const brokers = reader.array(() => {
        const nodeId = reader.int32()
        const host = reader.string()
        const port = reader.int32()
        reader.nullableString()
        return { nodeId, host, port }
      })
      reader.nullableString()
      reader.int32()
      const topics = reader.array(() => {
        const error = reader.int16()
        const topic = reader.string()
        const internal = reader.int8() !== 0
        const leaders: number[] = []
        let replicationFactor = 0
        reader.array(() => {
          reader.int16()
          const partition = reader.int32()
          leaders[partition] = reader.int32()
          replicationFactor = reader.array(() => reader.int32()).length
          reader.array(() => reader.int32())
          reader.array(() => reader.int32())
        })
        return { error, topic, internal, leaders, replicationFactor }
      })
      return { brokers, topics: topics.filter((topic) => topic.leaders.length > 0) }
    },
  }
}
