import { logClosed } from '../embedded/log-errors.ts'
import type { MemberOptions as LogMemberOptions } from '../embedded/member-options.ts'
import { eventLoopTurn } from '../embedded/signal.ts'
import type {
  FetchedBatch,
  GroupConsumer,
  GroupMetadata,
  OffsetCommit,
  TopicPartition,
} from '../log.ts'
import {
  type Assignments,
  type MemberOptions,
  type Position,
  type Question,
  type ServerMessage,
  type Target,
  windowBytes,
} from './protocol.ts'
import { ServedFetch } from './served-fetch.ts'

export interface ConsumerSource {
  createGroupConsumer(options: LogMemberOptions): Promise<GroupConsumer>
}

/**
 * A member whose functions are in another thread. What it decides there it decides within a poll of that thread: each join asks for its user data,
 * so that a thread that does not poll is put out, however far is read ahead for it.
 */
export class ServedConsumer {
  readonly #consumer: GroupConsumer
  readonly #fetch: ServedFetch
  readonly #asks: Asks
  readonly #epochs = new Map<string, number>()
  /** Since the poll under way began. */
  readonly #sought = new Map<string, Position>()

  static async open(
    log: ConsumerSource,
    target: Target,
    options: MemberOptions,
    channel: {
      ask(target: Target, question: Question): Promise<unknown>
      post(message: ServerMessage, transfer: ArrayBuffer[]): void
    },
  ): Promise<ServedConsumer> {
    const asks = new Asks((question) => channel.ask(target, question))
    const { assignorName, ...plain } = options
    let consumer: GroupConsumer | undefined
    const self = (): GroupConsumer => {
      if (consumer === undefined) throw logClosed()
      return consumer
    }
    consumer = await log.createGroupConsumer({
      ...plain,
      bufferedBytesMax: windowBytes(options.bufferedBytesMax) / 2,
      ...(assignorName === undefined
        ? {}
        : {
            assignor: {
              name: assignorName,
              // The client answers what was asked.
              assign: async (members, counts) =>
                (await channel.ask(target, { name: 'assign', members, counts })) as Assignments,
            },
          }),
      userData: async () => (await asks.ask({ name: 'user-data' })) as Uint8Array,
      onAssigned: async (partitions, userData) => {
        await asks.ask({
          name: 'assigned',
          partitions,
          userData: new Uint8Array(userData),
          assignment: self().assignment(),
          metadata: self().groupMetadata(),
        })
      },
      onRevoked: async (partitions, lost) => {
        await asks.ask({ name: 'revoked', partitions, lost })
      },
    })
    return new ServedConsumer(consumer, target, options, asks, channel.post)
  }

  private constructor(
    consumer: GroupConsumer,
    target: Target,
    { bufferedBytesMax }: MemberOptions,
    asks: Asks,
    post: (message: ServerMessage, transfer: ArrayBuffer[]) => void,
  ) {
    this.#consumer = consumer
    this.#asks = asks
    this.#fetch = new ServedFetch({
      source: {
        poll: (options) => {
          this.#sought.clear()
          return consumer.poll(options)
        },
      },
      target,
      bufferedBytesMax,
      post,
      undoubted: async (batches) => this.#undoubted(batches),
      epochOf: (at) => this.#epochs.get(nameOf(at)) ?? 0,
    })
  }

  fetch(): Promise<void> {
    return this.#fetch.begin()
  }

  credit(bytes: number): void {
    this.#fetch.credit(bytes)
  }

  seek(position: Position, epoch: number): void {
    this.#epochs.set(nameOf(position), epoch)
    this.#sought.set(nameOf(position), position)
    this.#consumer.seek(position, position.offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#consumer.pause(partitions)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#consumer.resume(partitions)
  }

  committed(partitions: readonly TopicPartition[]) {
    return this.#consumer.committed(partitions)
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<GroupMetadata> {
    await this.#consumer.commit(offsets)
    return this.#consumer.groupMetadata()
  }

  rejoin(): Promise<void> {
    return this.#consumer.rejoin()
  }

  /** What the member is doing in its own thread it ends first. */
  async close(leaveGroup: boolean): Promise<void> {
    this.#fetch.end()
    await this.#asks.end()
    await this.#consumer.close({ leaveGroup })
  }

  /** Of partitions that were sought during the poll nobody knows from where they were read: they are sought again. */
  #undoubted(batches: readonly FetchedBatch[]): readonly FetchedBatch[] {
    if (this.#sought.size === 0) return batches
    const sought = new Map(this.#sought)
    return batches.filter((batch) => {
      const position = sought.get(nameOf(batch))
      if (position !== undefined) this.#consumer.seek(position, position.offset)
      return position === undefined
    })
  }
}

/** What is asked of a member in its polls, until it closes. */
class Asks {
  readonly #ask: (question: Question) => Promise<unknown>
  readonly #pending = new Set<Promise<unknown>>()
  #ending = false

  constructor(ask: (question: Question) => Promise<unknown>) {
    this.#ask = ask
  }

  /** A member that closes is told what it loses, and nothing else. */
  async ask(question: Question): Promise<unknown> {
    if (this.#ending && question.name !== 'revoked') throw logClosed()
    const answer = this.#ask(question)
    this.#pending.add(answer)
    try {
      return await answer
    } finally {
      this.#pending.delete(answer)
    }
  }

  /** Resolves when nothing that was asked is open, and whoever asked has gone on. */
  async end(): Promise<void> {
    this.#ending = true
    while (this.#pending.size > 0) {
      await Promise.allSettled(this.#pending)
      await eventLoopTurn()
    }
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
