import type { MessagePort } from 'node:worker_threads'
import type { Logger } from '../../logger.ts'
import { logClosed } from '../embedded/log-errors.ts'
import { readBatch } from '../embedded/record-batch.ts'
import type { Log, LogRecord, PartitionAppend, Producer, TransactionalProducer } from '../log.ts'
import { failureOf, Refused } from './failures.ts'
import type {
  Call,
  ClientMessage,
  Notice,
  PackedRecords,
  Question,
  ServerMessage,
  Target,
} from './protocol.ts'
import { type ConsumerSource, ServedConsumer } from './served-consumer.ts'
import { ServedReader } from './served-reader.ts'
import { ServedTransactions } from './served-transactions.ts'

/** A log that can be served: members in other threads answer later. */
export type ServedLog = Omit<Log, 'createGroupConsumer'> & ConsumerSource

export interface LogServing {
  /** Closes what the other thread has open: its transactions are aborted, its members leave. */
  close(): Promise<void>
}

/**
 * Serves a log to another thread, which has `openChannelLog` on the other port of the channel. When that thread ends, or closes its port, what it
 * has open is closed.
 *
 * @example
 * const { port1, port2 } = new MessageChannel()
 * serveLog(log, port1, { logger })
 * new Worker(module, { workerData: { port: port2 }, transferList: [port2] })
 */
export function serveLog(
  log: ServedLog,
  port: MessagePort,
  options: { readonly logger: Logger },
): LogServing {
  return new LogServer(log, port, options.logger)
}

class LogServer implements LogServing {
  readonly #log: ServedLog
  readonly #port: MessagePort
  readonly #logger: Logger
  readonly #producers = new Map<Target, Producer>()
  readonly #transactions = new Map<Target, ServedTransactions>()
  readonly #consumers = new Map<Target, ServedConsumer>()
  readonly #readers = new Map<Target, ServedReader>()
  readonly #asks = new Map<
    number,
    {
      readonly question: Question
      readonly resolve: (value: unknown) => void
      readonly reject: (error: unknown) => void
    }
  >()
  #lastAsk = 0
  /** Nothing is asked of its members any more. */
  #isLeaving = false
  #isCut = false
  #closing: Promise<void> | undefined

  constructor(log: ServedLog, port: MessagePort, logger: Logger) {
    this.#log = log
    this.#port = port
    this.#logger = logger
    port.on('message', (message: ClientMessage) => this.#heard(message))
    port.on('close', () => {
      this.close().catch((error: unknown) =>
        this.#logger.warn({ error: String(error) }, 'parts of a log channel did not close'),
      )
    })
  }

  close(): Promise<void> {
    this.#isCut = true
    this.#closing ??= this.#closeAll().finally(() => this.#port.close())
    return this.#closing
  }

  #heard(message: ClientMessage): void {
    switch (message.kind) {
      case 'call':
        this.#answer(message.call)
          .then((value) => this.#post({ kind: 'reply', id: message.id, value }))
          .catch((error: unknown) => {
            this.#post({ kind: 'failure', id: message.id, failure: failureOf(error) })
          })
        break
      case 'notice':
        this.#notice(message.notice)
        break
      case 'answer':
        this.#answered(message.ask)?.resolve(message.value)
        break
      case 'refusal':
        this.#answered(message.ask)?.reject(new Refused(message.ask))
    }
  }

  async #answer(call: Call): Promise<unknown> {
    if (this.#isCut) throw logClosed()
    switch (call.name) {
      case 'admin': {
        // The client calls it with what the method takes.
        const method = this.#log.admin[call.method] as (
          ...args: readonly unknown[]
        ) => Promise<unknown>
        return method.apply(this.#log.admin, [...call.args])
      }
      case 'open-producer':
        this.#producers.set(call.target, await this.#log.createProducer(call.options))
        return undefined
      case 'open-transactional': {
        const producer: TransactionalProducer = await this.#log.createTransactionalProducer(
          call.options,
        )
        this.#transactions.set(call.target, new ServedTransactions(producer))
        return undefined
      }
      case 'open-consumer': {
        const consumer = await ServedConsumer.open(this.#log, call.target, call.options, {
          ask: (target, question) => this.#ask(target, question),
          post: (message, transfer) => this.#post(message, transfer),
        })
        this.#consumers.set(call.target, consumer)
        return undefined
      }
      case 'open-reader': {
        const reader = await this.#log.createPartitionReader(call.options)
        const served = new ServedReader(reader, call.target, call.options, (message, transfer) =>
          this.#post(message, transfer),
        )
        this.#readers.set(call.target, served)
        return undefined
      }
      case 'send': {
        const appends = unpack(call.appends, call.bytes)
        const transactional = this.#transactions.get(call.target)
        return transactional === undefined
          ? of(this.#producers, call.target).send(appends)
          : transactional.send(appends)
      }
      case 'init':
        return of(this.#transactions, call.target).init()
      case 'commit':
        return of(this.#transactions, call.target).commit()
      case 'abort':
        return of(this.#transactions, call.target).abort()
      case 'send-offsets':
        return of(this.#transactions, call.target).sendOffsets(call.group, call.offsets)
      case 'assign':
        return of(this.#readers, call.target).assign(call.positions, call.epoch)
      case 'fetch':
        return this.#fetching(call.target).fetch()
      case 'rejoin':
        return of(this.#consumers, call.target).rejoin()
      case 'committed':
        return of(this.#consumers, call.target).committed(call.partitions)
      case 'commit-offsets':
        return of(this.#consumers, call.target).commit(call.offsets)
      case 'close':
        return this.#close(call.target, call.leaveGroup)
      case 'close-all':
        return this.#closeAll()
    }
  }

  #notice(notice: Notice): void {
    const { target } = notice
    switch (notice.name) {
      case 'begin':
        this.#transactions.get(target)?.begin()
        break
      case 'seek':
        this.#consumers.get(target)?.seek(notice.position, notice.epoch)
        break
      case 'pause':
        this.#consumers.get(target)?.pause(notice.partitions)
        break
      case 'resume':
        this.#consumers.get(target)?.resume(notice.partitions)
        break
      case 'credit':
        this.#consumers.get(target)?.credit(notice.bytes)
        this.#readers.get(target)?.credit(notice.bytes)
    }
  }

  #fetching(target: Target): ServedConsumer | ServedReader {
    return this.#consumers.get(target) ?? of(this.#readers, target)
  }

  async #ask(target: Target, question: Question): Promise<unknown> {
    if (this.#isLeaving) return unheard(question)
    const ask = ++this.#lastAsk
    return new Promise((resolve, reject) => {
      this.#asks.set(ask, { question, resolve, reject })
      this.#post({ kind: 'ask', ask, target, question })
    })
  }

  #answered(ask: number) {
    const pending = this.#asks.get(ask)
    this.#asks.delete(ask)
    return pending
  }

  async #close(target: Target, leaveGroup: boolean): Promise<void> {
    const [producer, transactions, consumer, reader] = [
      taken(this.#producers, target),
      taken(this.#transactions, target),
      this.#consumers.get(target),
      taken(this.#readers, target),
    ]
    await producer?.close()
    await transactions?.close()
    await reader?.close()
    // It seeks and commits while it is closed.
    await consumer?.close(leaveGroup).finally(() => this.#consumers.delete(target))
  }

  async #closeAll(): Promise<void> {
    this.#isLeaving = true
    for (const { question, resolve, reject } of this.#asks.values()) {
      unheard(question).then(resolve).catch(reject)
    }
    this.#asks.clear()
    const targets = [this.#producers, this.#transactions, this.#consumers, this.#readers].flatMap(
      (each) => [...each.keys()],
    )
    const closed = await Promise.allSettled(targets.map((target) => this.#close(target, true)))
    const failed = closed.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #post(message: ServerMessage, transfer: ArrayBuffer[] = []): void {
    if (!this.#isCut) this.#port.postMessage(message, transfer)
  }
}

/** A member that is gone has given up everything; it decides nothing any more. */
async function unheard(question: Question): Promise<void> {
  if (question.name !== 'revoked') throw logClosed()
}

function of<T>(all: ReadonlyMap<Target, T>, target: Target): T {
  const found = all.get(target)
  if (found === undefined) throw logClosed()
  return found
}

function taken<T>(all: Map<Target, T>, target: Target): T | undefined {
  const found = all.get(target)
  all.delete(target)
  return found
}

function unpack(appends: readonly PackedRecords[], bytes: ArrayBuffer): PartitionAppend[] {
  return appends.map(({ topic, partition, start, end }) => {
    const records: LogRecord[] = []
    if (end > start) readBatch(new Uint8Array(bytes, start, end - start), 0, records)
    return { topic, partition, records }
  })
}
