import type { Isolation, TopicPartition } from '../log.ts'
import type { RawRequest } from './broker-link.ts'
import { ByteWriter } from './byte-writer.ts'
import { byTopic } from './partitions.ts'
import type { AbortedTransaction } from './record-batch-decoder.ts'

export interface FetchPosition extends TopicPartition {
  readonly offset: number
  readonly bytesMax: number
}

export interface FetchedPartition extends TopicPartition {
  readonly code: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches; the last one may be cut off. */
  readonly bytes: Buffer
}

/** Fetch, version 11, without a fetch session. */
export function fetchRequest(
  positions: readonly FetchPosition[],
  options: {
    readonly isolation: Isolation
    readonly maxWaitMs: number
    readonly bytesMax: number
    readonly timeoutMs: number
  },
): RawRequest<readonly FetchedPartition[]> {
  const body = new ByteWriter()
    .int32(-1)
    .int32(options.maxWaitMs)
    .int32(1)
    .int32(options.bytesMax)
    .int8(options.isolation === 'read_committed' ? 1 : 0)
    .int32(0)
    .int32(-1)
    .array(byTopic(positions), (writer, [topic, entries]) => {
      writer.string(topic)
      writer.array(entries, (each, { partition, offset, bytesMax }) =>
        each.int32(partition).int32(-1).int64(offset).int64(-1).int32(bytesMax),
      )
    })
    .int32(0)
    .string('')
  return {
    apiKey: 1,
    apiVersion: 11,
    apiName: 'Fetch',
    body,
    timeoutMs: options.timeoutMs,
    read: (reader) => {
      reader.int32()
      reader.int16()
      reader.int32()
      const fetched: FetchedPartition[] = []
      reader.array(() => {
        const topic = reader.string()
        reader.array(() => {
          const partition = reader.int32()
          const code = reader.int16()
          const highWatermark = reader.int64()
          const lastStableOffset = reader.int64()
          reader.int64()
          const aborted = reader.array(() => ({
            producerId: reader.int64(),
            firstOffset: reader.int64(),
          }))
          reader.int32()
          const bytes = reader.bytes()
          const offsets = { highWatermark, lastStableOffset }
          fetched.push({ topic, partition, code, ...offsets, aborted, bytes })
        })
      })
      return fetched
    },
  }
}
