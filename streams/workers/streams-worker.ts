import assert from 'node:assert/strict'
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { StreamsError } from '../errors.ts'
import { openChannelLog } from '../log/channel/channel-log.ts'
import type { Log } from '../log/log.ts'
import type { Streams } from '../streams.ts'
import type {
  WorkerAnswers,
  WorkerFailure,
  WorkerMessage,
  WorkerRequest,
} from './worker-protocol.ts'

/** What runs in one worker thread. */
export interface WorkerApplication {
  readonly streams: readonly Streams[]
  /** Data that can be cloned; the application merges those of all workers. */
  readonly metrics?: () => Promise<unknown>
  /** What `StreamsWorkers.ask` asks: data that can be cloned, both ways. */
  readonly answer?: (question: unknown) => Promise<unknown>
  /** After the instances are closed: a log that it opened itself, a registry. */
  readonly close?: () => Promise<void>
}

/**
 * For the module that a `StreamsWorkers` runs in each thread: opens the application, and answers for it.
 *
 * @param open gets the log that the `StreamsWorkers` serves; undefined where the worker opens one itself
 * @example
 * await serveStreamsWorker<Settings>(async (settings, name, log) => ({ streams: [open(settings, name, log)] }))
 */
export async function serveStreamsWorker<Data>(
  open: (data: Data, name: string, log: Log | undefined) => Promise<WorkerApplication>,
): Promise<void> {
  assert(!isMainThread && parentPort !== null, 'this module is for a worker thread')
  const port = parentPort
  const { name, data, logPort } = workerData as {
    readonly name: string
    readonly data: Data
    readonly logPort: MessagePort | undefined
  }
  const say = (message: WorkerMessage) => port.postMessage(message)
  const log = logPort === undefined ? undefined : openChannelLog(logPort)
  const opened = open(data, name, log)
  // Told to whoever asks for the start.
  opened.catch(() => undefined)
  port.on('message', (request: WorkerRequest) => {
    answer(opened, log, request, say)
      .then((answered) => say({ kind: 'answer', id: request.id, answer: answered }))
      .catch((error: unknown) =>
        say({ kind: 'refusal', id: request.id, failure: failureOf(error) }),
      )
      .finally(() => {
        if (request.question === 'close') port.close()
      })
  })
}

async function answer(
  opened: Promise<WorkerApplication>,
  log: Log | undefined,
  { question, deadlineMs, about }: WorkerRequest,
  say: (message: WorkerMessage) => void,
): Promise<WorkerAnswers[typeof question]> {
  const application = await opened
  const { streams } = application
  switch (question) {
    case 'start':
      for (const one of streams) {
        const { applicationId } = one.metadata()
        one.onStateChange((state) => {
          const failure = one.error() === undefined ? undefined : failureOf(one.error())
          say({ kind: 'state', applicationId, state, failure })
        })
      }
      await Promise.all(streams.map((one) => one.start()))
      return undefined
    case 'close':
      await Promise.all(
        streams.map((one) => one.close(deadlineMs === undefined ? {} : { deadlineMs })),
      )
      await application.close?.()
      await log?.close()
      return undefined
    case 'metadata':
      return streams.map((one) => one.metadata())
    case 'lag':
      return (await Promise.all(streams.map((one) => one.lag()))).flat()
    case 'committed':
      return streams.every((one) => one.isCommitted())
    case 'metrics':
      return await application.metrics?.()
    case 'ask':
      return await application.answer?.(about)
  }
}

function failureOf(error: unknown): WorkerFailure {
  if (error instanceof StreamsError) {
    const { message, place, remedy } = error
    return { message, place, remedy }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { message, place: {}, remedy: 'Correct the cause and start again.' }
}
