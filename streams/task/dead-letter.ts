import type { Header } from '../log/log.ts'

/** A record that could not be used: its bytes as they came, where it came from, and why it is here. */
export interface DeadLetter {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  readonly timestampMs: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Stable code of the cause. */
  readonly code: string
  readonly what: string
  readonly remedy: string
  readonly stack: string | undefined
  /** `<topology>/<node>` */
  readonly consumer: string
  /** How often the record was tried. */
  readonly attempts: number
  /** Of the attempts, ms since the epoch. */
  readonly firstFailedMs: number
  readonly lastFailedMs: number
}

export interface EncodedDeadLetter {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly Header[]
}

/**
 * Turns a dead letter into a record of a topic. Called within the record's processing, so it must be synchronous; register schemas before
 * the application starts. The record joins the transaction of the one that it stands for.
 */
export type DeadLetterEncoder = (letter: DeadLetter) => EncodedDeadLetter
