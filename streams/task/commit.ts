import type {
  AppendResult,
  GroupConsumer,
  LogAdmin,
  PartitionAppend,
  Producer,
  TransactionalProducer,
} from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { TaskStores } from '../store.ts'
import type { CommitProbe } from './commit-point.ts'
import type { StreamTask } from './stream-task.ts'
import type { TaskTransaction } from './task-options.ts'

export interface CommitParticipants {
  readonly task: StreamTask
  readonly stores: TaskStores
  readonly consumer: Pick<GroupConsumer, 'groupMetadata' | 'commit'>
  readonly admin: Pick<LogAdmin, 'describeTopics'>
  readonly probe: CommitProbe | undefined
}

/**
 * One log transaction of outputs, changelogs and input offsets, then one store batch with the changelog positions.
 * A crash before the log's commit leaves nothing visible; the inputs are taken again. A crash between the log's commit and the store batch
 * leaves the store behind its changelog by exactly this transaction: restoring the tail brings it there. The store is never ahead.
 */
export async function commitExactlyOnce(
  participants: CommitParticipants,
  producer: TransactionalProducer,
): Promise<TaskTransaction> {
  const { task, stores, probe } = participants
  task.flushCaches()
  await resolveTopics(participants)
  const transaction = task.takeTransaction()
  const appends = appendsOf(transaction)
  let results: readonly AppendResult[] = []
  if (appends.length > 0 || transaction.offsets.length > 0) {
    probe?.('before-begin', task.taskId)
    await producer.begin()
    const sent = sendAll(appends, producer).then((landed) => {
      probe?.('after-send', task.taskId)
      return landed
    })
    results = await bothOf(sent, sendOffsets(transaction, participants, producer))
    probe?.('before-log-commit', task.taskId)
    await producer.commit()
    probe?.('after-log-commit', task.taskId)
  }
  stores.commit(changelogPositions(transaction, results))
  probe?.('after-store-commit', task.taskId)
  task.committed(transaction, results)
  return transaction
}

async function sendAll(
  appends: readonly PartitionAppend[],
  producer: TransactionalProducer,
): Promise<readonly AppendResult[]> {
  return appends.length > 0 ? producer.send(appends) : []
}

async function sendOffsets(
  { offsets }: TaskTransaction,
  { consumer }: CommitParticipants,
  producer: TransactionalProducer,
): Promise<void> {
  if (offsets.length > 0) await producer.sendOffsets(consumer.groupMetadata(), offsets)
}

/** Neither waits for the other, and nothing goes on before both have ended. That the task has another owner is said first. */
async function bothOf<T>(sent: Promise<T>, offsets: Promise<void>): Promise<T> {
  const [first, second] = await Promise.allSettled([sent, offsets])
  const failures = [first, second].flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  const failure = failures.find((reason) => logTrouble(reason) === 'fenced') ?? failures[0]
  if (first.status === 'rejected' || second.status === 'rejected') throw failure
  return first.value
}

/** Outputs and changelogs, then the store batch, then the offsets: a crash between any two takes inputs again and loses nothing. */
export async function commitAtLeastOnce(
  participants: CommitParticipants,
  producer: Producer,
): Promise<TaskTransaction> {
  const { task, stores, consumer, probe } = participants
  task.flushCaches()
  await resolveTopics(participants)
  const transaction = task.takeTransaction()
  const appends = appendsOf(transaction)
  probe?.('before-begin', task.taskId)
  const results = appends.length > 0 ? await producer.send(appends) : []
  probe?.('after-send', task.taskId)
  stores.commit(changelogPositions(transaction, results))
  probe?.('after-store-commit', task.taskId)
  probe?.('before-log-commit', task.taskId)
  if (transaction.offsets.length > 0) await consumer.commit(transaction.offsets)
  probe?.('after-log-commit', task.taskId)
  task.committed(transaction, results)
  return transaction
}

async function resolveTopics({ task, admin }: CommitParticipants): Promise<void> {
  const topics = task.collector.unresolvedTopics()
  if (topics.length === 0) return
  for (const { topic, partitions } of await admin.describeTopics(topics)) {
    task.collector.resolve(topic, partitions)
  }
}

function appendsOf(transaction: TaskTransaction): PartitionAppend[] {
  const { outputs, changelogs, schedule } = transaction
  const appends = changelogs.length === 0 ? [...outputs] : [...outputs, ...changelogs]
  if (schedule !== undefined) appends.push(schedule)
  return appends
}

/** A changelog partition is written by its task alone, so the offset after the last record is the next one to restore from. */
function changelogPositions(
  transaction: TaskTransaction,
  results: readonly AppendResult[],
): Map<string, number> {
  const positions = new Map<string, number>()
  for (const { store, topic, partition } of transaction.changelogs) {
    for (const result of results) {
      if (result.topic !== topic || result.partition !== partition) continue
      positions.set(store, Math.max(positions.get(store) ?? 0, result.lastOffset + 1))
    }
  }
  return positions
}
