import type { MessagePort } from 'node:worker_threads'
import { logClosed } from '../embedded/log-errors.ts'
import { errorOf } from './failures.ts'
import type {
  Call,
  ChannelFailure,
  ClientMessage,
  Notice,
  PackedFetch,
  Question,
  ServerMessage,
  Target,
} from './protocol.ts'

/** What a consumer or reader hears without having asked. */
export interface Listener {
  records(fetched: readonly PackedFetch[], bytes: ArrayBuffer): void
  fetchFailed(error: unknown): void
  asked(ask: number, question: Question): void
  /** The channel is closed: nothing more comes. */
  cut(): void
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** The client's end of a channel. */
export class Connection {
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Map<Target, Listener>()
  /** What functions of this side have thrown, until it comes back as the failure of a call. */
  readonly #thrown = new Map<number, unknown>()
  #calls = 0
  #targets = 0
  #isCut = false

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (message: ServerMessage) => this.#heard(message))
    port.on('close', () => this.close())
  }

  nextTarget(): Target {
    this.#targets += 1
    return this.#targets
  }

  listen(target: Target, listener: Listener): void {
    this.#listeners.set(target, listener)
  }

  forget(target: Target): void {
    this.#listeners.delete(target)
  }

  /** The server answers what was asked: `T` is what the call of the port answers. */
  call<T = void>(call: Call, transfer: ArrayBuffer[] = []): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isCut) {
        reject(logClosed())
        return
      }
      const id = ++this.#calls
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#post({ kind: 'call', id, call }, transfer)
    })
  }

  notice(notice: Notice): void {
    this.#post({ kind: 'notice', notice })
  }

  answer(ask: number, value: unknown): void {
    this.#post({ kind: 'answer', ask, value })
  }

  refuse(ask: number, error: unknown): void {
    this.#thrown.set(ask, error)
    this.#post({ kind: 'refusal', ask })
  }

  requireOpen(): void {
    if (this.#isCut) throw logClosed()
  }

  close(): void {
    if (this.#isCut) return
    this.#isCut = true
    for (const { reject } of this.#pending.values()) reject(logClosed())
    this.#pending.clear()
    for (const listener of this.#listeners.values()) listener.cut()
    this.#listeners.clear()
    this.#port.close()
  }

  #post(message: ClientMessage, transfer: ArrayBuffer[] = []): void {
    if (!this.#isCut) this.#port.postMessage(message, transfer)
  }

  #heard(message: ServerMessage): void {
    switch (message.kind) {
      case 'reply':
        this.#settled(message.id)?.resolve(message.value)
        break
      case 'failure':
        this.#settled(message.id)?.reject(this.#errorOf(message.failure))
        break
      case 'ask':
        this.#listeners.get(message.target)?.asked(message.ask, message.question)
        break
      case 'records':
        this.#listeners.get(message.target)?.records(message.fetched, message.bytes)
        break
      case 'fetch-failure':
        this.#listeners.get(message.target)?.fetchFailed(this.#errorOf(message.failure))
    }
  }

  #settled(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #errorOf(failure: ChannelFailure): unknown {
    return errorOf(failure, (ask) => {
      const error = this.#thrown.get(ask)
      this.#thrown.delete(ask)
      return error
    })
  }
}
