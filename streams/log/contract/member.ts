import { expect } from 'vitest'
import type { FetchedBatch, GroupConsumer, GroupConsumerOptions, TopicPartition } from '../log.ts'
import { type ContractContext, partitionName, text } from './context.ts'

/** What happened to the members of a group, in order. */
export interface GroupEvent {
  readonly member: string
  readonly kind: 'assigned' | 'revoked' | 'record'
  /** Of `assigned` and `revoked`. */
  readonly partitions: readonly string[]
  readonly partition?: string
  readonly value?: string | null
}

/** A group consumer that polls until it is stopped, and notes what it sees in a list shared with the other members. */
export class Member {
  readonly consumer: GroupConsumer
  readonly #name: string
  readonly #events: GroupEvent[]
  #polling = false
  #loop: Promise<void> = Promise.resolve()

  static async join(
    context: ContractContext,
    name: string,
    events: GroupEvent[],
    options: Omit<GroupConsumerOptions, 'clientId'>,
  ): Promise<Member> {
    const note = (kind: 'assigned' | 'revoked', partitions: readonly TopicPartition[]) =>
      events.push({ member: name, kind, partitions: partitions.map(partitionName).sort() })
    const consumer = await context.log().createGroupConsumer({
      clientId: name,
      onMissingOffset: 'earliest',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      ...options,
      onAssigned: async (partitions, userData) => {
        note('assigned', partitions)
        await options.onAssigned?.(partitions, userData)
      },
      onRevoked: async (partitions, lost) => {
        note('revoked', partitions)
        await options.onRevoked?.(partitions, lost)
      },
    })
    const member = new Member(name, consumer, events)
    member.startPolling()
    return member
  }

  private constructor(name: string, consumer: GroupConsumer, events: GroupEvent[]) {
    this.#name = name
    this.consumer = consumer
    this.#events = events
  }

  owned(): string[] {
    return this.consumer.assignment().map(partitionName).sort()
  }

  startPolling(): void {
    this.#polling = true
    this.#loop = this.#poll()
    this.#loop.catch(() => {})
  }

  /** What the polling ends with, when it fails. */
  async failure(): Promise<unknown> {
    return this.#loop.then(
      () => undefined,
      (error: unknown) => error,
    )
  }

  /** Ends the polling, not the membership. Rejects when polling failed. */
  async pausePolling(): Promise<void> {
    this.#polling = false
    await this.#loop
  }

  /** Resolves when a poll has ended that began after this call: what the member was given before, it has been told. */
  async polled(): Promise<void> {
    await this.pausePolling()
    this.startPolling()
    await this.pausePolling()
    this.startPolling()
  }

  async leave(): Promise<void> {
    await this.pausePolling()
    await this.consumer.close()
  }

  /** As a process that ends without a word: the group hears nothing. */
  async die(): Promise<void> {
    this.#polling = false
    await this.failure()
    await this.consumer.close({ leaveGroup: false })
  }

  async #poll(): Promise<void> {
    while (this.#polling) {
      for (const batch of await this.consumer.poll({ maxWaitMs: 100 })) this.#note(batch)
    }
  }

  #note(batch: FetchedBatch): void {
    for (const { value } of batch.records) {
      this.#events.push({
        member: this.#name,
        kind: 'record',
        partitions: [],
        partition: partitionName(batch),
        value: text(value),
      })
    }
  }
}

export const recordsOf = (events: readonly GroupEvent[]): string[] =>
  events.flatMap(({ kind, value }) => (kind === 'record' ? [value ?? 'null'] : []))

/** Replays the events: a record comes to the owner of its partition, and a partition is revoked before it has another owner. */
export function expectOneOwner(events: readonly GroupEvent[]): void {
  const owners = new Map<string, string>()
  for (const { member, kind, partitions, partition, value } of events) {
    switch (kind) {
      case 'assigned':
        for (const name of partitions) {
          expect([undefined, member], `owner of ${name} at its assignment`).toContain(
            owners.get(name),
          )
          owners.set(name, member)
        }
        break
      case 'revoked':
        for (const name of partitions) {
          expect(owners.get(name), `owner of ${name} at its revocation`).toBe(member)
          owners.delete(name)
        }
        break
      case 'record':
        expect(owners.get(partition ?? ''), `owner of ${partition} given ${value}`).toBe(member)
        break
    }
  }
}
