import type { StoreBackend, TaskStores } from '#streams'
import type {
  AppendResult,
  FetchedBatch,
  Log,
  PartitionReader,
  TransactionalProducer,
} from '#streams/log'
import { type Broker, type BrokerFaults, NO_BROKER_FAULTS } from '../log/broker.ts'
import type { Machine } from '../machine.ts'

/** One deliberate bug for each mechanism that keeps results right. All of them are outside of the product, around what it uses. */
export const BUGS = {
  'fencing-off': 'producers and members that were replaced are not fenced',
  'offsets-outside': 'input offsets are committed at once, outside of the transaction',
  'checkpoint-before-commit': 'stores are written before the log has committed',
  'dedupe-removed': 'an append that arrives twice is written twice',
  'read-uncommitted': 'inputs are read with what was aborted',
  'stable-offset-ignored': 'readers step over open transactions',
  'restore-skips-tail': 'the last record of a changelog is not restored',
  'time-forgotten': 'the text that keeps time with the offsets is lost',
  'torn-batches': 'a crash keeps the positions of a store batch without its entries',
  'withheld-partition-ignored': 'a partition is handed out before its owner has given it up',
} as const

export type Bug = keyof typeof BUGS

/** What must do no harm: it is no bug, though no client should do it. */
export type Nuisance = 'fetches-repeat'

export function isBug(name: string): name is Bug {
  return Object.hasOwn(BUGS, name)
}

export function brokerFaultsOf(bug: Bug | Nuisance | undefined): BrokerFaults {
  return {
    ...NO_BROKER_FAULTS,
    fencingOff: bug === 'fencing-off',
    dedupeRemoved: bug === 'dedupe-removed',
    withholdsNothing: bug === 'withheld-partition-ignored',
    stableOffsetIgnored: bug === 'stable-offset-ignored',
  }
}

export interface Surroundings {
  readonly log: Log
  readonly stores: StoreBackend
}

interface Place {
  readonly applicationId: string
  readonly broker: Broker
  readonly machine: Machine
}

/** What an application runs on, with the bug in it. */
export function withBug(
  bug: Bug | Nuisance | undefined,
  inner: Surroundings,
  place: Place,
): Surroundings {
  switch (bug) {
    case 'offsets-outside':
      return { ...inner, log: offsetsOutside(inner.log, place) }
    case 'checkpoint-before-commit':
      return checkpointBeforeCommit(inner, place.applicationId)
    case 'read-uncommitted':
      return { ...inner, log: readUncommitted(inner.log) }
    case 'restore-skips-tail':
      return { ...inner, log: restoreSkipsTail(inner.log) }
    case 'time-forgotten':
      return { ...inner, log: timeForgotten(inner.log) }
    case 'fetches-repeat':
      return { ...inner, log: fetchesRepeat(inner.log) }
    default:
      return inner
  }
}

function changed(inner: Log, changes: Partial<Log>): Log {
  return {
    admin: inner.admin,
    createProducer: (options) => inner.createProducer(options),
    createTransactionalProducer: (options) => inner.createTransactionalProducer(options),
    createGroupConsumer: (options) => inner.createGroupConsumer(options),
    createPartitionReader: (options) => inner.createPartitionReader(options),
    close: () => inner.close(),
    ...changes,
  }
}

function changedProducer(
  inner: TransactionalProducer,
  changes: Partial<TransactionalProducer>,
): TransactionalProducer {
  return {
    init: () => inner.init(),
    begin: () => inner.begin(),
    send: (appends) => inner.send(appends),
    sendOffsets: (group, offsets) => inner.sendOffsets(group, offsets),
    commit: () => inner.commit(),
    abort: () => inner.abort(),
    close: () => inner.close(),
    ...changes,
  }
}

function offsetsOutside(inner: Log, { broker, machine }: Place): Log {
  return changed(inner, {
    createTransactionalProducer: async (options) =>
      changedProducer(await inner.createTransactionalProducer(options), {
        sendOffsets: (group, offsets) =>
          broker.network.call(machine, 'groups', 'offsets outside', () => {
            broker.offsets.requireMember(group, offsets)
            broker.offsets.commit(group.groupId, offsets, undefined)
          }),
      }),
  })
}

function readUncommitted(inner: Log): Log {
  return changed(inner, {
    createGroupConsumer: (options) =>
      inner.createGroupConsumer({ ...options, isolation: 'read_uncommitted' }),
  })
}

/** Every other poll brings what the one before brought, and no more. */
function fetchesRepeat(inner: Log): Log {
  return changed(inner, {
    createGroupConsumer: async (options) => {
      const consumer = await inner.createGroupConsumer(options)
      const poll = consumer.poll.bind(consumer)
      let last: readonly FetchedBatch[] = []
      consumer.poll = async (request) => {
        const repeated = last
        last = repeated.length > 0 ? [] : await poll(request)
        return repeated.length > 0 ? repeated : last
      }
      return consumer
    },
  })
}

function timeForgotten(inner: Log): Log {
  return changed(inner, {
    createTransactionalProducer: async (options) => {
      const producer = await inner.createTransactionalProducer(options)
      return changedProducer(producer, {
        sendOffsets: (group, offsets) =>
          producer.sendOffsets(
            group,
            offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
          ),
      })
    },
  })
}

function restoreSkipsTail(inner: Log): Log {
  return changed(inner, {
    createPartitionReader: async (options) => {
      const reader = await inner.createPartitionReader(options)
      const poll: PartitionReader['poll'] = async (request) =>
        (await reader.poll(request)).map((batch) =>
          batch.topic.endsWith('-changelog') && batch.nextOffset >= batch.endOffset
            ? { ...batch, records: batch.records.slice(0, -1) }
            : batch,
        )
      return { assign: (at) => reader.assign(at), poll, close: () => reader.close() }
    },
  })
}

/** Stores are written with what the transaction sent, as soon as it is about to commit. */
function checkpointBeforeCommit(
  { log, stores }: Surroundings,
  applicationId: string,
): Surroundings {
  const opened = new Map<string, TaskStores>()
  const prefix = `${applicationId}-`
  const positionsOf = (sent: readonly AppendResult[]) => {
    const positions = new Map<string, number>()
    for (const { topic, lastOffset } of sent) {
      if (!topic.endsWith('-changelog')) continue
      positions.set(topic.slice(prefix.length, -'-changelog'.length), lastOffset + 1)
    }
    return positions
  }
  return {
    stores: {
      ...stores,
      open: async (task) => {
        const taskStores = await stores.open(task)
        opened.set(task.taskId, taskStores)
        return taskStores
      },
    },
    log: changed(log, {
      createTransactionalProducer: async (options) => {
        const producer = await log.createTransactionalProducer(options)
        let sent: readonly AppendResult[] = []
        return changedProducer(producer, {
          send: async (appends) => {
            sent = await producer.send(appends)
            return sent
          },
          commit: async () => {
            opened.get(options.transactionalId.slice(prefix.length))?.commit(positionsOf(sent))
            await producer.commit()
          },
        })
      },
    }),
  }
}
