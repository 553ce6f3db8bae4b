import { StreamsError } from '../../errors.ts'

/** When the results of a windowed aggregation come out. */
export type EmitStrategy = OnWindowUpdate | OnWindowClose

/** With every record; the default. */
export interface OnWindowUpdate {
  readonly kind: 'window-update'
}

/** Once for each window, when no record can change it any more. */
export interface OnWindowClose {
  readonly kind: 'window-close'
  /** See `EmitStrategy.onWindowClose`. */
  readonly idleAfterMs?: number
}

export interface OnWindowCloseOptions {
  readonly idleAfterMs?: number
}

const UPDATE: OnWindowUpdate = { kind: 'window-update' }

/** When the results of a windowed aggregation come out: `windowedBy(...).emitStrategy(EmitStrategy.onWindowClose())`. */
export const EmitStrategy = {
  onWindowUpdate: (): OnWindowUpdate => UPDATE,

  /**
   * Windows come out with the record whose time closes them (window end + grace, sessions also + gap), in the order of their ends, then of
   * their keys' bytes. None is lost, however far that record is ahead.
   *
   * Time moves with records alone, so the last windows of an input that falls silent stay open. With `idleAfterMs`, once no record at all
   * came to the aggregation (of one partition) for so long by the task's wall clock, its time goes on from the latest record time at the
   * pace of the wall clock, beginning with the silence itself: after `idleAfterMs` of silence it is `latest record time + idleAfterMs`.
   * What that closes comes out, and a record that comes for it later is dropped as `late`. The clock is looked at every `idleAfterMs`, or every second
   * where that is less. A restart begins a new silence. Off by default: a producer that is late by more than grace + `idleAfterMs` loses records.
   *
   * @throws {StreamsError} TOPOLOGY_INVALID_WINDOW
   */
  onWindowClose: (options: OnWindowCloseOptions = {}): OnWindowClose => {
    const { idleAfterMs } = options
    if (idleAfterMs === undefined) return { kind: 'window-close' }
    if (Number.isSafeInteger(idleAfterMs) && idleAfterMs > 0) {
      return { kind: 'window-close', idleAfterMs }
    }
    throw new StreamsError(
      'TOPOLOGY_INVALID_WINDOW',
      `an input cannot be idle after ${idleAfterMs} ms`,
      {},
      'idleAfterMs is a whole number of milliseconds, at least 1.',
    )
  },
} as const
