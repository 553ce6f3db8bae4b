import { StreamsError } from '../errors.ts'
import type { StreamRecord } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { SinkNode, StreamPartitioner, TopicNameExtractor } from '../topology.ts'
import { defaultPartition, type TopicOutput } from './record-collector.ts'
import type { RecordReceiver, TaskHost } from './task-host.ts'

/** Serialises at once, so that nobody can change a record that is waiting for the commit. */
export class SinkRunner implements RecordReceiver {
  readonly name: string
  readonly #host: TaskHost
  readonly #keySerde: Serde<unknown>
  readonly #valueSerde: Serde<unknown>
  readonly #partitioner: StreamPartitioner | undefined
  readonly #chooseTopic: TopicNameExtractor | undefined
  readonly #physicalTopic: (topic: string) => string
  #output: TopicOutput | undefined
  #count = 0

  constructor(host: TaskHost, node: SinkNode, physicalTopic: (topic: string) => string) {
    this.name = node.name
    this.#host = host
    this.#keySerde = node.keySerde
    this.#valueSerde = node.valueSerde
    this.#partitioner = node.partitioner
    this.#physicalTopic = physicalTopic
    if (typeof node.topic === 'string') {
      this.#chooseTopic = undefined
      this.#output = host.collector.topic(physicalTopic(node.topic))
    } else {
      this.#chooseTopic = node.topic
    }
  }

  process(record: StreamRecord<unknown, unknown>): void {
    const host = this.#host
    const previous = host.node
    host.node = this.name
    this.#count++
    let topic = this.#output?.name ?? ''
    try {
      const output = this.#outputOf(record)
      topic = output.name
      this.#write(output, record)
    } catch (cause) {
      host.productionFailed(this.name, topic, record, cause)
    }
    host.node = previous
  }

  takeCount(): number {
    const count = this.#count
    this.#count = 0
    return count
  }

  #outputOf(record: StreamRecord<unknown, unknown>): TopicOutput {
    if (this.#chooseTopic === undefined && this.#output !== undefined) return this.#output
    const topic = this.#chooseTopic?.(record, this.#host.metadata())
    if (topic === undefined) {
      throw new StreamsError(
        'STREAMS_NO_TOPIC',
        'no topic was chosen for a record',
        { node: this.name, taskId: this.#host.taskId },
        'Let the topic name extractor return a topic for every record; filter before the sink.',
      )
    }
    if (this.#output?.name !== topic)
      this.#output = this.#host.collector.topic(this.#physicalTopic(topic))
    return this.#output
  }

  #write(output: TopicOutput, record: StreamRecord<unknown, unknown>): void {
    const { key, value, timestampMs, headers } = record
    const keyBytes = key == null ? null : this.#keySerde.serialize(output.name, key)
    const valueBytes = value == null ? null : this.#valueSerde.serialize(output.name, value)
    const size = (keyBytes?.byteLength ?? 0) + (valueBytes?.byteLength ?? 0)
    if (size > this.#host.recordBytesMax)
      throw tooLarge(output.name, size, this.#host.recordBytesMax)
    const count = output.partitionCount
    if (count !== undefined) {
      const partition = this.#place(key, value, keyBytes, count)
      output.append(partition, keyBytes, valueBytes, timestampMs, headers)
    } else {
      const later = { key: keyBytes, value: valueBytes, timestampMs, headers }
      output.appendLater(later, (partitions) => this.#place(key, value, keyBytes, partitions))
    }
  }

  #place(key: unknown, value: unknown, keyBytes: Uint8Array | null, count: number): number {
    return this.#partitioner === undefined
      ? defaultPartition(keyBytes, this.#host.partition, count)
      : this.#partitioner(key, value, count)
  }
}

function tooLarge(topic: string, bytes: number, bytesMax: number): StreamsError {
  return new StreamsError(
    'LOG_RECORD_TOO_LARGE',
    `a record of ${bytes} bytes exceeds ${bytesMax}`,
    { topic },
    'Write less per record, or raise recordBytesMax together with the limits of the log.',
  )
}
