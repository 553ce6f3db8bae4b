import { StreamsError } from '../errors.ts'
import type { StandbyTask } from '../standby/standby-task.ts'
import type { UncaughtDecision } from '../streams-options.ts'
import type { ActiveTask } from './active-task.ts'
import { isShutdownRequest } from './application-shutdown.ts'
import { StreamThread } from './stream-thread.ts'
import type { ThreadContext } from './thread-context.ts'

export interface StreamThreadsOptions {
  readonly context: ThreadContext
  /** Makes the threads static members: `<id>-1`, `<id>-2` and so on. */
  readonly groupInstanceId: string | undefined
  /** Threads replaced in a row; then the next failure is the instance's. */
  readonly replacementsMax: number
  /** What becomes of the instance when a thread has failed so. */
  readonly decide: (error: unknown) => UncaughtDecision
  /** A thread came, went or changed its state. */
  readonly onChange: () => void
  /** A thread has failed and is not replaced. */
  readonly onFailure: (error: unknown) => void
}

const REPLACEMENT_MEMORY_MS = 60_000

/** The stream threads of one instance: started, paused, replaced when they fail, ended. */
export class StreamThreads {
  readonly #options: StreamThreadsOptions
  #threads: StreamThread[] = []
  readonly #places = new Map<StreamThread, number>()
  readonly #leaving = new Set<StreamThread>()
  #started = 0
  #paused = false
  #ending = false
  #replacements: number[] = []
  /** Tells all instances to stop. */
  #announcer: StreamThread | undefined
  #shutdownCause: unknown

  constructor(options: StreamThreadsOptions) {
    this.#options = options
  }

  get all(): readonly StreamThread[] {
    return this.#threads
  }

  get areRunning(): boolean {
    return this.#threads.length > 0 && this.#threads.every(({ status }) => status === 'RUNNING')
  }

  tasks(): ActiveTask[] {
    return this.#threads.flatMap((thread) => [...thread.tasks()])
  }

  standbys(): StandbyTask[] {
    return this.#threads.flatMap((thread) => [...thread.standbys()])
  }

  add(announcesShutdown = false): StreamThread {
    const { context, groupInstanceId, onChange } = this.#options
    const place = this.#freePlace()
    const thread = new StreamThread({
      name: `${context.clientId}-thread-${++this.#started}`,
      context,
      groupInstanceId: groupInstanceId === undefined ? undefined : `${groupInstanceId}-${place}`,
      announcesShutdown,
      onStatus: onChange,
      onFailure: (failed, error) => this.#failed(failed, error),
    })
    this.#threads.push(thread)
    this.#places.set(thread, place)
    thread.setPaused(this.#paused)
    thread.start()
    return thread
  }

  setPaused(paused: boolean): void {
    this.#paused = paused
    for (const thread of this.#threads) thread.setPaused(paused)
  }

  /** Ends the thread that was added last; its tasks go to others. Undefined when there is none. */
  async remove(): Promise<string | undefined> {
    const thread = this.#threads.findLast((one) => !this.#leaving.has(one))
    if (thread === undefined) return undefined
    this.#leaving.add(thread)
    await thread.shutdown(true)
    this.#forget(thread)
    this.#options.onChange()
    return thread.name
  }

  /** Ends all of them: what was processed is committed. */
  async shutdown(leaveGroup: boolean): Promise<void> {
    this.#ending = true
    await Promise.all(this.#threads.map((thread) => thread.shutdown(leaveGroup)))
  }

  #forget(thread: StreamThread): void {
    this.#threads = this.#threads.filter((one) => one !== thread)
    this.#places.delete(thread)
    this.#leaving.delete(thread)
  }

  /** The smallest that no thread has: a thread that replaces another one has its place in the group. */
  #freePlace(): number {
    const taken = new Set(this.#places.values())
    let place = 1
    while (taken.has(place)) place++
    return place
  }

  #failed(thread: StreamThread, error: unknown): void {
    const { context, onChange } = this.#options
    const place = error instanceof StreamsError ? error.place : {}
    context.logger.error({ ...place, thread: thread.name, error }, 'a stream thread has failed')
    this.#forget(thread)
    if (this.#ending) return
    this.#decide(thread, error)
    onChange()
  }

  #decide(thread: StreamThread, error: unknown): void {
    const { decide, onFailure } = this.#options
    if (this.#announcer !== undefined) {
      // The instance ends with the thread that tells the others.
      if (thread === this.#announcer) onFailure(this.#shutdownCause)
      return
    }
    if (isShutdownRequest(error)) {
      onFailure(error)
      return
    }
    switch (decide(error)) {
      case 'replace-thread':
        if (this.#isPeaceful()) this.add()
        else onFailure(error)
        return
      case 'shutdown-client':
        onFailure(error)
        return
      case 'shutdown-application':
        this.#shutdownCause = error
        this.#announcer = this.add(true)
    }
  }

  #isPeaceful(): boolean {
    const { context, replacementsMax } = this.#options
    const nowMs = context.clock.monotonicMs()
    this.#replacements = this.#replacements.filter((at) => nowMs - at < REPLACEMENT_MEMORY_MS)
    this.#replacements.push(nowMs)
    return this.#replacements.length <= replacementsMax
  }
}
