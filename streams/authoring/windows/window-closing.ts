import type { Header } from '../../log/log.ts'
import type { ObservedTime, ProcessorContext } from '../../processor.ts'
import type { OnWindowClose } from './emit-strategy.ts'

/** What is closed comes out of a store. */
export interface ClosedWindows {
  /**
   * Emits the windows that closed after `afterMs` and up to `upToMs`, in order. Answers a time before which none of those in the store
   * closes.
   */
  emit(afterMs: number, upToMs: number, headers: readonly Header[]): number
}

export interface WindowClosingPlan {
  readonly strategy: OnWindowClose
  /** Between a window's end, as its store counts it, and the record time that closes it. */
  readonly closeAfterMs: number
}

/** At least so often the wall clock is looked at where an idle input closes windows. */
const IDLE_CHECK_MS_MAX = 1_000

const NOTHING_OBSERVED_MS = -1
const NO_HEADERS: readonly Header[] = []

/**
 * Emits each window once, when the operator's time closes it. It is told before the record that moves the time is stored: a closed window does
 * not change with that record, and the store, whose retention moves with what is put, still has it.
 */
export class WindowClosing {
  readonly #context: Pick<ProcessorContext<never, never>, 'currentSystemTimeMs'>
  readonly #plan: WindowClosingPlan
  readonly #windows: ClosedWindows
  readonly #time: ObservedTime
  /** Windows that closed up to here are emitted. */
  readonly #emitted: ObservedTime
  /** No window closes before; known for sure only once the store was looked at. */
  #nextCloseMs = 0
  #heardAtMs: number
  #heardTimeMs: number

  constructor(
    context: Pick<
      ProcessorContext<never, never>,
      'currentSystemTimeMs' | 'observedTime' | 'schedule' | 'nodeName'
    >,
    plan: WindowClosingPlan,
    windows: ClosedWindows,
    time: ObservedTime,
  ) {
    this.#context = context
    this.#plan = plan
    this.#windows = windows
    this.#time = time
    this.#emitted = context.observedTime(`${context.nodeName}-emitted`)
    this.#heardTimeMs = time.ms
    this.#heardAtMs = 0
    const { idleAfterMs } = plan.strategy
    if (idleAfterMs === undefined) return
    this.#heardAtMs = context.currentSystemTimeMs()
    const everyMs = Math.min(idleAfterMs, IDLE_CHECK_MS_MAX)
    context.schedule(everyMs, 'wall-clock', (nowMs) => this.#goOn(nowMs - this.#heardAtMs))
  }

  /** A record came, whatever becomes of it; the operator's time knows it already. */
  heard(): void {
    if (this.#plan.strategy.idleAfterMs === undefined) return
    this.#heardAtMs = this.#context.currentSystemTimeMs()
    this.#heardTimeMs = this.#time.ms
  }

  /** A window is in the store that closes at this time, as `ClosedWindows` counts. */
  opened(closesAtMs: number): void {
    if (closesAtMs < this.#nextCloseMs) this.#nextCloseMs = closesAtMs
  }

  /** The operator's time advanced. */
  closeDue(headers: readonly Header[]): void {
    const closeMs = this.#time.ms - this.#plan.closeAfterMs
    if (closeMs < this.#nextCloseMs) return
    this.#nextCloseMs = this.#windows.emit(this.#emitted.ms, closeMs, headers)
    this.#emitted.advance(closeMs)
  }

  #goOn(silentMs: number): void {
    const { idleAfterMs } = this.#plan.strategy
    if (idleAfterMs === undefined || silentMs < idleAfterMs) return
    if (this.#heardTimeMs === NOTHING_OBSERVED_MS) return
    if (this.#time.advance(this.#heardTimeMs + silentMs)) this.closeDue(NO_HEADERS)
  }
}
