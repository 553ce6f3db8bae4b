import type { DeadLetterEnvelope } from '#avro'
import { StreamsError } from '#streams'
import type { Log, TopicPartition } from '#streams/log'
import { allTopics, type Topic, type Topics } from '#topics'
import { partitionsOf, readRecords } from './topic-reading.ts'

/** Which dead letters; all conditions that are given must hold. */
export interface DeadLetterFilter {
  /** Of one topology or component. */
  readonly service?: string
  readonly code?: string
  /** When it failed, ms since the epoch; from inclusive, to exclusive. */
  readonly fromMs?: number
  readonly toMs?: number
  /** The topic that the record was on. */
  readonly sourceTopic?: string
  readonly tenant?: string
  readonly correlationId?: string
}

export interface DeadLetterPlace extends TopicPartition {
  readonly offset: number
}

export interface DeadLetterEntry extends DeadLetterPlace {
  readonly event: DeadLetterEnvelope
}

/** When the record failed; of letters from before that was told, the record's own time. */
export function failedAtMs({ occurredAt, payload }: DeadLetterEnvelope): number {
  return payload.lastFailedAt ?? occurredAt
}

/** The dead-letter topics of an installation. */
export class DeadLetters {
  readonly #log: Log
  readonly #topics: Topics

  constructor(log: Log, topics: Topics) {
    this.#log = log
    this.#topics = topics
  }

  /** In the order of each partition. `newest`: no more than so many of each partition are read, if nothing but the service is asked for. */
  async *entries(filter: DeadLetterFilter, newest?: number): AsyncIterable<DeadLetterEntry> {
    const { service, ...conditions } = filter
    const isOpen = Object.values(conditions).every((value) => value === undefined)
    const existing = new Set(await this.#log.admin.listTopics())
    for (const topic of this.#topicsOf(service)) {
      if (!existing.has(topic.name)) continue
      const partitions = await partitionsOf(this.#log, topic.name)
      const [earliest, latest] = await Promise.all([
        this.#log.admin.offsets(partitions, 'earliest'),
        this.#log.admin.offsets(partitions, 'stable'),
      ])
      const from = partitions.map((partition, index) => {
        const start = earliest[index] ?? 0
        if (newest === undefined || !isOpen) return { ...partition, offset: start }
        // Markers of transactions take offsets as well.
        return { ...partition, offset: Math.max(start, (latest[index] ?? 0) - 2 * newest) }
      })
      for await (const { partition, record } of readRecords(this.#log, 'orion-dlq', {
        from,
        until: 'end',
      })) {
        if (record.value === null) continue
        const event = await read(topic, record.value)
        if (await this.#holds(conditions, event))
          yield { topic: topic.name, partition, offset: record.offset, event }
      }
    }
  }

  /** Undefined where there is none. @throws {StreamsError} DLQ_UNKNOWN_TOPIC */
  async entry({
    topic: name,
    partition,
    offset,
  }: DeadLetterPlace): Promise<DeadLetterEntry | undefined> {
    const topic = this.#topicsOf(undefined).find((one) => one.name === name)
    if (topic === undefined)
      throw new StreamsError(
        'DLQ_UNKNOWN_TOPIC',
        `${name} is no dead-letter topic`,
        {},
        `Choose among ${this.#topicsOf(undefined)
          .map((one) => one.name)
          .join(', ')}`,
      )
    if (!(await this.#log.admin.listTopics()).includes(name)) return undefined
    if (partition >= (await partitionsOf(this.#log, name)).length) return undefined
    for await (const { record } of readRecords(this.#log, 'orion-dlq', {
      from: [{ topic: name, partition, offset }],
      until: 'end',
    })) {
      if (record.offset !== offset || record.value === null) return undefined
      return { topic: name, partition, offset, event: await read(topic, record.value) }
    }
    return undefined
  }

  /** The original value by the schema of its topic; undefined where there is none, or where the bytes are not of it. */
  async decodedValue({ payload }: DeadLetterEnvelope): Promise<unknown> {
    const topic = allTopics(this.#topics).find(({ name }) => name === payload.sourceTopic)
    if (topic === undefined || payload.value === null) return undefined
    try {
      await topic.valueSerde.pending?.(payload.value)
      return topic.valueSerde.deserialize(topic.name, payload.value)
    } catch {
      return undefined
    }
  }

  async #holds(
    filter: Omit<DeadLetterFilter, 'service'>,
    event: DeadLetterEnvelope,
  ): Promise<boolean> {
    const { code, fromMs, toMs, sourceTopic, tenant, correlationId } = filter
    const { payload } = event
    if (code !== undefined && payload.code !== code) return false
    if (sourceTopic !== undefined && payload.sourceTopic !== sourceTopic) return false
    if (tenant !== undefined && event.tenantId !== tenant) return false
    if (fromMs !== undefined && failedAtMs(event) < fromMs) return false
    if (toMs !== undefined && failedAtMs(event) >= toMs) return false
    if (correlationId === undefined || event.correlationId === correlationId) return true
    const original = await this.decodedValue(event)
    return (original as { correlationId?: unknown } | undefined)?.correlationId === correlationId
  }

  /** @throws {StreamsError} DLQ_UNKNOWN_SERVICE */
  #topicsOf(service: string | undefined): readonly Topic<DeadLetterEnvelope>[] {
    const { dlq } = this.#topics
    if (service === undefined) return Object.values(dlq)
    const topic = Object.hasOwn(dlq, service) ? dlq[service as keyof typeof dlq] : undefined
    if (topic === undefined)
      throw new StreamsError(
        'DLQ_UNKNOWN_SERVICE',
        `there are no dead letters of ${service}`,
        {},
        `Choose among ${Object.keys(dlq).join(', ')}`,
      )
    return [topic]
  }
}

async function read(
  topic: Topic<DeadLetterEnvelope>,
  value: Uint8Array,
): Promise<DeadLetterEnvelope> {
  await topic.valueSerde.pending?.(value)
  return topic.valueSerde.deserialize(topic.name, value)
}
