import type { ErrorPlace } from '../errors.ts'
import type { PartitionLag, StreamsMetadata } from '../streams-metadata.ts'
import type { StreamsStatus } from '../streams-status.ts'

/** What the application asks of a worker thread, and what it answers: plain data, cloned between threads. */
export interface WorkerAnswers {
  /** Resolves when every instance in it is started. */
  start: undefined
  /** Resolves when everything is closed; the worker ends after it. */
  close: undefined
  metadata: readonly StreamsMetadata[]
  lag: readonly PartitionLag[]
  committed: boolean
  /** Of what the worker counts, for the process's own page of metrics. */
  metrics: unknown
  /** What the application itself asks, and answers. */
  ask: unknown
}

export type WorkerQuestion = keyof WorkerAnswers

export interface WorkerRequest {
  readonly id: number
  readonly question: WorkerQuestion
  readonly deadlineMs?: number
  /** Of `ask`. */
  readonly about?: unknown
}

/** An error without its class, which threads cannot hand each other. */
export interface WorkerFailure {
  readonly message: string
  readonly place: ErrorPlace
  readonly remedy: string
}

export type WorkerMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly failure: WorkerFailure }
  /** One of its instances has changed. */
  | {
      readonly kind: 'state'
      readonly applicationId: string
      readonly state: StreamsStatus
      readonly failure: WorkerFailure | undefined
    }
