import { StreamsError } from '../../errors.ts'
import type { Counter } from '../../metrics.ts'
import type { AppendResult, PartitionAppend, TopicPartition } from '../log.ts'
import {
  joiningProduceRequest,
  type PartitionBatch,
  type ProducedBatch,
  produceRequest,
} from './append-requests.ts'
import { type BrokerLink, protocolError } from './broker-link.ts'
import type { Cluster } from './cluster.ts'
import { partitionKey } from './partitions.ts'
import {
  type EncodedRecords,
  encodeBatch,
  encodeRecords,
  sizeBound,
} from './record-batch-encoder.ts'

/** A producer as the brokers know it; a higher epoch of the same id fences the lower. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
  /** What it writes becomes part of its transaction by being written (transactions of version 2, KIP-890). */
  readonly joinsOnWrite: boolean
}

/** Under the broker's default `message.max.bytes` of 1,048,588. */
const BATCH_BYTES_MAX = 900_000
/** Kafka's default limit less the header of a batch. */
const RECORD_BYTES_MAX = 1_048_588 - 61
/** Under the broker's `socket.request.max.bytes` of 100 MiB. */
const REQUEST_BYTES_MAX = 32 * 1024 * 1024
const SEQUENCE_MODULUS = 2 ** 31

interface Pending extends TopicPartition {
  readonly encoded: EncodedRecords
  readonly sequence: number
}

interface Progress {
  next: number
  baseOffset: number
  lastOffset: number
}

/**
 * Appends with sequence numbers, so that a batch that is sent again after a lost answer is stored once. One request per broker is in
 * flight. After a failure the sequence is unknown: begin again with another identity.
 */
export class Appender {
  readonly #cluster: Cluster
  readonly #transactionalId: string | null
  readonly #gzip: boolean
  readonly #sent: Counter
  readonly #sequences = new Map<string, number>()
  #identity: ProducerIdentity | undefined

  constructor(cluster: Cluster, transactionalId: string | null, gzip: boolean) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#gzip = gzip
    this.#sent = cluster.options.metrics.counter(
      'orion_kafka_records_sent_total',
      'Records that Kafka acknowledged.',
    )
  }

  get identity(): ProducerIdentity | undefined {
    return this.#identity
  }

  /** Starts sequences anew; undefined when the outcome of a send is unknown. */
  identify(identity: ProducerIdentity | undefined): void {
    this.#identity = identity
    this.#sequences.clear()
  }

  async append(
    appends: readonly PartitionAppend[],
    identity: ProducerIdentity,
    forMs: number,
  ): Promise<readonly AppendResult[]> {
    refuseLarge(appends)
    const progress = appends.map((): Progress => ({ next: 0, baseOffset: -1, lastOffset: -1 }))
    for (;;) {
      const round = this.#nextRound(appends, progress)
      if (round.size === 0) break
      const landed = await this.#sendRound([...round.keys()], identity, forMs)
      for (const [pending, index] of round) {
        const state = progress[index] as Progress
        const baseOffset = landed.get(pending) ?? -1
        if (state.next === 0) state.baseOffset = baseOffset
        state.lastOffset = baseOffset + pending.encoded.count - 1
        state.next += pending.encoded.count
        this.#sent.add(pending.encoded.count)
      }
    }
    return appends.map(({ topic, partition }, index) => {
      const { baseOffset, lastOffset } = progress[index] as Progress
      return { topic, partition, baseOffset, lastOffset }
    })
  }

  /** The next batch of each partition, as far as one request takes. */
  #nextRound(
    appends: readonly PartitionAppend[],
    progress: readonly Progress[],
  ): Map<Pending, number> {
    const round = new Map<Pending, number>()
    const taken = new Set<string>()
    let bytes = 0
    for (let index = 0; index < appends.length; index += 1) {
      const append = appends[index] as PartitionAppend
      const { next } = progress[index] as Progress
      const key = partitionKey(append)
      if (next >= append.records.length || taken.has(key)) continue
      const encoded = encodeRecords(append.records, next, BATCH_BYTES_MAX, this.#gzip)
      const sequence = this.#sequences.get(key) ?? 0
      this.#sequences.set(key, (sequence + encoded.count) % SEQUENCE_MODULUS)
      taken.add(key)
      const { topic, partition } = append
      round.set({ topic, partition, encoded, sequence }, index)
      bytes += encoded.body.length
      if (bytes >= REQUEST_BYTES_MAX) break
    }
    return round
  }

  /** Sends what has not landed to the leaders, again after transient failures; base offsets by batch. */
  async #sendRound(
    round: readonly Pending[],
    identity: ProducerIdentity,
    forMs: number,
  ): Promise<ReadonlyMap<Pending, number>> {
    const landed = new Map<Pending, number>()
    const [first] = round
    const place = first === undefined ? {} : { topic: first.topic, partition: first.partition }
    await this.#cluster.retry(
      'send',
      place,
      async () => {
        const byLeader = new Map<BrokerLink, Pending[]>()
        for (const pending of round) {
          if (landed.has(pending)) continue
          const leader = await this.#cluster.leader(pending)
          const batches = byLeader.get(leader)
          if (batches === undefined) byLeader.set(leader, [pending])
          else batches.push(pending)
        }
        const outcomes = await Promise.allSettled(
          [...byLeader].map(([leader, batches]) =>
            this.#produce(leader, batches, identity, landed),
          ),
        )
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      },
      forMs,
    )
    return landed
  }

  async #produce(
    leader: BrokerLink,
    batches: readonly Pending[],
    identity: ProducerIdentity,
    landed: Map<Pending, number>,
  ): Promise<void> {
    const id = this.#transactionalId
    const transactional = id !== null
    const encoded = batches.map(
      ({ topic, partition, encoded: records, sequence }): PartitionBatch => {
        const batch = encodeBatch(records, { ...identity, baseSequence: sequence, transactional })
        return { topic, partition, batch }
      },
    )
    const timeoutMs = this.#cluster.options.requestTimeoutMs
    const produced = await leader.send(
      transactional && identity.joinsOnWrite
        ? joiningProduceRequest(id, encoded, timeoutMs)
        : produceRequest(id, encoded, timeoutMs),
    )
    const byPartition = new Map(produced.map((each) => [partitionKey(each), each]))
    let failure: Error | undefined
    for (const pending of batches) {
      const outcome: ProducedBatch | undefined = byPartition.get(partitionKey(pending))
      // A duplicate of an older batch has been stored by an attempt whose answer was lost.
      if (outcome?.code === 0 || outcome?.code === DUPLICATE_SEQUENCE) {
        landed.set(pending, outcome.baseOffset)
      } else {
        failure = protocolError(outcome?.code ?? UNKNOWN_SERVER_ERROR)
      }
    }
    if (failure !== undefined) throw failure
  }
}

/** Before anything is sent: of a send that is refused nothing is stored. */
function refuseLarge(appends: readonly PartitionAppend[]): void {
  for (const { topic, partition, records } of appends) {
    for (const record of records) {
      const bytes = sizeBound(record)
      if (bytes <= RECORD_BYTES_MAX) continue
      throw new StreamsError(
        'LOG_RECORD_TOO_LARGE',
        `a record takes ${bytes} bytes, more than ${RECORD_BYTES_MAX}`,
        {
          topic,
          partition,
          ...(record.key === null ? {} : { key: Buffer.from(record.key).toString() }),
        },
        'Split it, or keep the bulk elsewhere and send where it is.',
      )
    }
  }
}

const DUPLICATE_SEQUENCE = 46
const UNKNOWN_SERVER_ERROR = -1
