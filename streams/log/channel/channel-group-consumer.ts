import type {
  FetchedBatch,
  GroupConsumer,
  GroupConsumerOptions,
  GroupMetadata,
  OffsetCommit,
  TopicPartition,
} from '../log.ts'
import { without } from '../ownership.ts'
import { ChannelFetch } from './channel-fetch.ts'
import type { Connection } from './connection.ts'
import { apart } from './packing.ts'
import type { Question, Target } from './protocol.ts'

const NO_USER_DATA = new Uint8Array(0)

interface Ask {
  readonly ask: number
  readonly question: Question
}

/**
 * A member of a group whose place is in another thread. What it is asked there it answers within its own polls, before it delivers records, and
 * without waiting for one where it is the assignor that is asked.
 */
export class ChannelGroupConsumer implements GroupConsumer {
  readonly #connection: Connection
  readonly #target: Target
  readonly #options: GroupConsumerOptions
  readonly #fetch: ChannelFetch
  readonly #asks: Ask[] = []
  readonly #epochs = new Map<string, number>()
  #seeks = 0
  #partitions: readonly TopicPartition[] = []
  #metadata: GroupMetadata
  #isClosing = false
  #closing: Promise<void> | undefined

  static async open(
    connection: Connection,
    options: GroupConsumerOptions,
  ): Promise<ChannelGroupConsumer> {
    const target = connection.nextTarget()
    const { assignor, userData: _, onAssigned: __, onRevoked: ___, ...plain } = options
    const member = assignor === undefined ? { ...plain } : { ...plain, assignorName: assignor.name }
    await connection.call({ name: 'open-consumer', target, options: member })
    return new ChannelGroupConsumer(connection, target, options)
  }

  private constructor(connection: Connection, target: Target, options: GroupConsumerOptions) {
    this.#connection = connection
    this.#target = target
    this.#options = options
    const { groupId, groupInstanceId, bufferedBytesMax } = options
    const nobody = { groupId, memberId: '', generationId: -1 }
    this.#metadata = groupInstanceId === undefined ? nobody : { ...nobody, groupInstanceId }
    const fetch = new ChannelFetch(connection, target, {
      bufferedBytesMax,
      epochOf: (at) => this.#epochs.get(nameOf(at)) ?? 0,
    })
    this.#fetch = fetch
    connection.listen(target, {
      records: (fetched, bytes) => fetch.add(fetched, bytes),
      fetchFailed: (error) => fetch.fail(error),
      asked: (ask, question) => this.#asked({ ask, question }),
      cut: () => fetch.signal.notify(),
    })
  }

  poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    return this.#fetch.poll(options, async () => {
      for (let ask = this.#asks.shift(); ask !== undefined; ask = this.#asks.shift()) {
        await this.#answer(ask)
      }
      return true
    })
  }

  assignment(): readonly TopicPartition[] {
    return this.#partitions
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.#seeks += 1
    this.#epochs.set(nameOf({ topic, partition }), this.#seeks)
    this.#fetch.records.drop({ topic, partition })
    this.#connection.notice({
      name: 'seek',
      target: this.#target,
      position: { topic, partition, offset },
      epoch: this.#seeks,
    })
  }

  pause(partitions: readonly TopicPartition[]): void {
    const { records } = this.#fetch
    const changed = partitions.filter((at) => !records.isPaused(at)).map(placeOf)
    if (changed.length === 0) return
    for (const partition of changed) records.pause(partition)
    this.#connection.notice({ name: 'pause', target: this.#target, partitions: changed })
  }

  resume(partitions: readonly TopicPartition[]): void {
    const { records, signal } = this.#fetch
    const changed = partitions.filter((at) => records.isPaused(at)).map(placeOf)
    if (changed.length === 0) return
    for (const partition of changed) records.resume(partition)
    this.#connection.notice({ name: 'resume', target: this.#target, partitions: changed })
    signal.notify()
  }

  groupMetadata(): GroupMetadata {
    return this.#metadata
  }

  async committed(
    partitions: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]> {
    this.#fetch.requireOpen()
    return this.#connection.call({
      name: 'committed',
      target: this.#target,
      partitions: partitions.map(placeOf),
    })
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    this.#fetch.requireOpen()
    await this.#connection.call({ name: 'commit-offsets', target: this.#target, offsets })
  }

  async rejoin(): Promise<void> {
    this.#fetch.requireOpen()
    await this.#connection.call({ name: 'rejoin', target: this.#target })
  }

  close(options: { readonly leaveGroup?: boolean } = {}): Promise<void> {
    // Seen by what `#close` does at once.
    this.#isClosing = true
    this.#closing ??= this.#close(options.leaveGroup ?? true)
    return this.#closing
  }

  async #close(leaveGroup: boolean): Promise<void> {
    const closed = this.#connection.call({ name: 'close', target: this.#target, leaveGroup })
    // From now on asks are answered as they come.
    for (const ask of this.#asks.splice(0)) this.#asked(ask)
    try {
      await closed
    } finally {
      this.#partitions = []
      this.#fetch.close()
      this.#connection.forget(this.#target)
    }
  }

  #asked(ask: Ask): void {
    const { name } = ask.question
    if (name === 'assign' || (this.#isClosing && name === 'revoked')) {
      this.#answer(ask).catch((error: unknown) => this.#connection.refuse(ask.ask, error))
    } else if (this.#isClosing) {
      this.#connection.refuse(ask.ask, undefined)
    } else {
      this.#asks.push(ask)
      this.#fetch.signal.notify()
    }
  }

  async #answer({ ask, question }: Ask): Promise<void> {
    try {
      this.#connection.answer(ask, await this.#decide(question))
    } catch (error) {
      if (question.name !== 'assign') this.#fetch.expectFailure()
      this.#connection.refuse(ask, error)
    }
  }

  async #decide(question: Question): Promise<unknown> {
    switch (question.name) {
      case 'assign': {
        const assignment = this.#options.assignor?.assign(question.members, question.counts)
        return new Map(
          [...(assignment ?? [])].map(([memberId, { partitions, userData }]) => [
            memberId,
            {
              partitions: partitions.map(placeOf),
              ...(userData === undefined ? {} : { userData: apart(userData) }),
            },
          ]),
        )
      }
      case 'user-data':
        return apart(this.#options.userData?.() ?? NO_USER_DATA)
      case 'assigned':
        this.#metadata = question.metadata
        this.#partitions = question.assignment
        this.#forget(question.partitions)
        await this.#options.onAssigned?.(question.partitions, question.userData)
        return undefined
      case 'revoked':
        try {
          await this.#options.onRevoked?.(question.partitions, question.lost)
        } finally {
          this.#partitions = without(this.#partitions, question.partitions)
          this.#forget(question.partitions)
        }
    }
    return undefined
  }

  /** Neither what was read of them nor whether they were paused outlives an owner. */
  #forget(partitions: readonly TopicPartition[]): void {
    const { records } = this.#fetch
    for (const partition of partitions) {
      records.drop(partition)
      records.resume(partition)
    }
  }
}

const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
