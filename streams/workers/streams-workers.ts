import assert from 'node:assert/strict'
import { MessageChannel, Worker } from 'node:worker_threads'
import { StreamsError } from '../errors.ts'
import { type LogServing, type ServedLog, serveLog } from '../log/channel/serve-log.ts'
import type { Logger } from '../logger.ts'
import type { PartitionLag, StreamsMetadata } from '../streams-metadata.ts'
import type { StreamsStatus } from '../streams-status.ts'
import { systemTimers, type Timers } from '../timers.ts'
import type {
  WorkerAnswers,
  WorkerFailure,
  WorkerMessage,
  WorkerQuestion,
  WorkerRequest,
} from './worker-protocol.ts'

export interface StreamsWorkersOptions<Data> {
  /** Names the workers: `<name>-worker-1`, the lowest number that is free. */
  readonly name: string
  /** Calls `serveStreamsWorker`; runs once in each worker. */
  readonly module: URL
  /** For `serveStreamsWorker`; cloned into each worker. */
  readonly data: Data
  readonly logger: Logger
  /** A log that belongs to this thread: it is served to the workers, each over a channel of its own. Without it they open the log themselves. */
  readonly log?: ServedLog
  /** A worker has ended by itself, or an instance in it has; the worker is closed. The others go on: its tasks are theirs. */
  readonly onFailure: (error: StreamsError) => void
  readonly timers?: Timers
}

interface Pending {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Member {
  readonly name: string
  readonly worker: Worker
  readonly serving: LogServing | undefined
  readonly pending: Map<number, Pending>
  /** By application. */
  readonly states: Map<string, StreamsStatus>
  isClosing: boolean
}

const CLOSE_DEADLINE_MS = 10_000

/**
 * Stream threads that are worker threads, each with an event loop and so a core of its own, added and removed at run time. Each is one more
 * instance of its applications: the group gives it tasks as it does to another process, and its state lies in a directory of its own, which its
 * name tells. A log that several threads can open (Kafka) each opens for itself; the embedded log, which belongs to one thread, is served to them
 * (`log`). Whatever a worker that ends had open there is closed: its transactions are aborted, its members leave.
 *
 * @example
 * const workers = new StreamsWorkers({ name: 'totals', module: new URL('./totals-worker.ts', import.meta.url), data, logger, onFailure })
 * await workers.add()
 * await workers.add()
 * await workers.remove()
 * await workers.close()
 */
export class StreamsWorkers<Data> {
  readonly #options: StreamsWorkersOptions<Data>
  readonly #timers: Timers
  readonly #members: Member[] = []
  #requests = 0

  constructor(options: StreamsWorkersOptions<Data>) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
  }

  get names(): readonly string[] {
    return this.#members.map(({ name }) => name)
  }

  /** Whether every instance in every worker is RUNNING. */
  get areRunning(): boolean {
    return this.#members.every(({ states }) =>
      [...states.values()].every((state) => state === 'RUNNING'),
    )
  }

  /** One worker more; resolves with its name when its instances are started. @throws {StreamsError} STREAMS_WORKER_FAILED */
  async add(): Promise<string> {
    const name = this.#freeName()
    const { module, data, log, logger } = this.#options
    const { serving, logPort } = log === undefined ? NOT_SERVED : served(log, logger)
    const worker = new Worker(module, {
      name,
      workerData: { name, data, logPort },
      transferList: logPort === undefined ? [] : [logPort],
    })
    const member: Member = {
      name,
      worker,
      serving,
      pending: new Map(),
      states: new Map(),
      isClosing: false,
    }
    this.#members.push(member)
    worker.on('message', (message: WorkerMessage) => this.#heard(member, message))
    worker.on('error', (error) => this.#ended(member, messageOf(error)))
    worker.on('exit', (code) => this.#ended(member, `it ended with ${code}`))
    try {
      await this.#ask(member, 'start')
    } catch (error) {
      await this.#end(member)
      throw error
    }
    this.#options.logger.info({ worker: name }, 'a worker thread was added')
    return name
  }

  /** Closes the worker that was added last: what it processed is committed, its tasks go to the others. @returns its name; undefined when there is none */
  async remove(options: { readonly deadlineMs?: number } = {}): Promise<string | undefined> {
    const member = this.#members.at(-1)
    if (member === undefined) return undefined
    await this.#close(member, options.deadlineMs ?? CLOSE_DEADLINE_MS)
    this.#options.logger.info({ worker: member.name }, 'a worker thread was removed')
    return member.name
  }

  /** Of every instance in every worker. */
  async metadata(): Promise<readonly StreamsMetadata[]> {
    return (await this.#askAll('metadata')).flat()
  }

  /** Of every input partition that a worker reads. */
  async lag(): Promise<readonly PartitionLag[]> {
    return (await this.#askAll('lag')).flat()
  }

  async areCommitted(): Promise<boolean> {
    return (await this.#askAll('committed')).every((committed) => committed)
  }

  /** What the application of each worker answers to a question of yours, by the worker's name. */
  async ask(question: unknown): Promise<ReadonlyMap<string, unknown>> {
    const live = this.#members.filter(({ isClosing }) => !isClosing)
    const answers = await Promise.all(
      live.map(
        async (member) =>
          [member.name, await this.#ask(member, 'ask', { about: question })] as const,
      ),
    )
    return new Map(answers)
  }

  /** What each worker's application hands out as its metrics. */
  metrics(): Promise<readonly unknown[]> {
    return this.#askAll('metrics')
  }

  /** Closes all of them, beside each other. At the deadline those that are left are ended. */
  async close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const deadlineMs = options.deadlineMs ?? CLOSE_DEADLINE_MS
    await Promise.all(this.#members.map((member) => this.#close(member, deadlineMs)))
  }

  #freeName(): string {
    for (let number = 1; ; number++) {
      const name = `${this.#options.name}-worker-${number}`
      if (!this.names.includes(name)) return name
    }
  }

  async #close(member: Member, deadlineMs: number): Promise<void> {
    if (member.isClosing) return
    member.isClosing = true
    let cancel = () => {}
    const late = new Promise<'late'>((resolve) => {
      cancel = this.#timers.after(deadlineMs, () => resolve('late'))
    })
    const closed = this.#ask(member, 'close', { deadlineMs }).then(
      () => 'closed' as const,
      () => 'failed' as const,
    )
    if ((await Promise.race([closed, late])) === 'late') {
      const { name } = member
      this.#options.logger.warn(
        { worker: name, deadlineMs },
        'a worker closed too slowly: it is ended',
      )
    }
    cancel()
    await this.#end(member)
  }

  async #end(member: Member): Promise<void> {
    member.isClosing = true
    await member.worker.terminate()
    this.#forget(member, 'it was ended')
    // It may have been told already, by the end of the channel.
    await member.serving?.close().catch((error: unknown) => this.#notClosed(member, error))
  }

  async #askAll<Question extends WorkerQuestion>(
    question: Question,
  ): Promise<WorkerAnswers[Question][]> {
    const live = this.#members.filter(({ isClosing }) => !isClosing)
    return Promise.all(live.map((member) => this.#ask(member, question)))
  }

  #ask<Question extends WorkerQuestion>(
    member: Member,
    question: Question,
    more: Pick<WorkerRequest, 'deadlineMs' | 'about'> = {},
  ): Promise<WorkerAnswers[Question]> {
    const id = ++this.#requests
    const request: WorkerRequest = { id, question, ...more }
    return new Promise((resolve, reject) => {
      // The worker answers what was asked.
      const take = resolve as (answer: unknown) => void
      member.pending.set(id, { resolve: take, reject })
      member.worker.postMessage(request)
    })
  }

  #heard(member: Member, message: WorkerMessage): void {
    if (message.kind === 'state') {
      member.states.set(message.applicationId, message.state)
      if (message.state === 'ERROR' && !member.isClosing) this.#failed(member, message.failure)
      return
    }
    const pending = member.pending.get(message.id)
    member.pending.delete(message.id)
    assert(pending !== undefined, `${member.name} answered what was not asked`)
    if (message.kind === 'answer') pending.resolve(message.answer)
    else pending.reject(failed(member.name, message.failure))
  }

  /** An instance in it is in ERROR and closed; the others there would go on with half of the work. */
  #failed(member: Member, failure: WorkerFailure | undefined): void {
    const error = failed(
      member.name,
      failure ?? { message: 'no cause is known', place: {}, remedy: REMEDY },
    )
    this.#close(member, CLOSE_DEADLINE_MS)
      .catch((cause: unknown) =>
        this.#options.logger.warn(
          { worker: member.name, error: String(cause) },
          'a worker did not end',
        ),
      )
      .finally(() => this.#options.onFailure(error))
  }

  #ended(member: Member, why: string): void {
    if (!this.#members.includes(member)) return
    const wasClosing = member.isClosing
    member.isClosing = true
    this.#forget(member, why)
    member.serving?.close().catch((error: unknown) => this.#notClosed(member, error))
    if (!wasClosing)
      this.#options.onFailure(failed(member.name, { message: why, place: {}, remedy: REMEDY }))
  }

  #notClosed({ name }: Member, error: unknown): void {
    const about = { worker: name, error: String(error) }
    this.#options.logger.warn(about, 'what a worker had open on the log did not close')
  }

  #forget(member: Member, why: string): void {
    const index = this.#members.indexOf(member)
    if (index >= 0) this.#members.splice(index, 1)
    for (const { reject } of member.pending.values())
      reject(failed(member.name, { message: why, place: {}, remedy: REMEDY }))
    member.pending.clear()
  }
}

const NOT_SERVED = { serving: undefined, logPort: undefined }

function served(log: ServedLog, logger: Logger) {
  const { port1, port2 } = new MessageChannel()
  return { serving: serveLog(log, port1, { logger }), logPort: port2 }
}

const REMEDY = 'Read the log before it; add another worker when the cause is corrected.'

function failed(worker: string, { message, place, remedy }: WorkerFailure): StreamsError {
  return new StreamsError('STREAMS_WORKER_FAILED', `${worker}: ${message}`, place, remedy)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
