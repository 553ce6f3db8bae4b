import { StreamsError } from '../../errors.ts'
import type { Serde } from '../../serde.ts'
import { timestampedSerde } from '../../serdes.ts'
import type { SessionStoreSpec, ValueAndTimestamp, WindowStoreSpec } from '../../store.ts'
import type { Materialized } from '../options.ts'
import type { EmitStrategy } from './emit-strategy.ts'
import type { SessionWindows, SlidingWindows } from './windows.ts'

export interface WindowedStoreOptions<K, A> {
  readonly name: string
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<A>
  readonly materialized: Omit<Materialized<K, A>, 'keySerde' | 'valueSerde'>
  readonly emit: EmitStrategy
}

/** The store of windows of one size. @throws {StreamsError} TOPOLOGY_INVALID_WINDOW when the retention does not cover size and grace */
export function fixedWindowStore<K, A>(
  options: WindowedStoreOptions<K, A>,
  { sizeMs, graceMs }: { readonly sizeMs: number; readonly graceMs: number },
): WindowStoreSpec<K, ValueAndTimestamp<A>> {
  const neededMs = Math.min(sizeMs + graceMs, Number.MAX_SAFE_INTEGER)
  const retentionMs = retentionOf(options, neededMs, 'window size and grace')
  return windowStoreSpec(options, sizeMs, retentionMs)
}

/** As `fixedWindowStore`: to make a window, one is read that began twice the time difference before. */
export function slidingWindowStore<K, A>(
  options: WindowedStoreOptions<K, A>,
  { timeDifferenceMs, graceMs }: SlidingWindows,
): WindowStoreSpec<K, ValueAndTimestamp<A>> {
  const neededMs = 2 * timeDifferenceMs + graceMs
  const retentionMs = retentionOf(options, neededMs, 'twice the time difference and grace')
  return windowStoreSpec(options, timeDifferenceMs, retentionMs)
}

/** As `fixedWindowStore`. Closed sessions are read back 1 ms after they went out of sight: the store keeps them that much longer. */
export function sessionWindowStore<K, A>(
  options: WindowedStoreOptions<K, A>,
  { gapMs, graceMs }: SessionWindows,
): { readonly spec: SessionStoreSpec<K, A>; readonly retentionMs: number } {
  const retentionMs = retentionOf(options, gapMs + graceMs, 'gap and grace')
  const { name, keySerde, valueSerde, emit } = options
  const { logged = true, persistent = true } = options.materialized
  const keptMs = emit.kind === 'window-close' ? retentionMs + 1 : retentionMs
  return {
    spec: { kind: 'session', name, keySerde, valueSerde, logged, persistent, retentionMs: keptMs },
    retentionMs,
  }
}

function windowStoreSpec<K, A>(
  { name, keySerde, valueSerde, materialized, emit }: WindowedStoreOptions<K, A>,
  windowSizeMs: number,
  retentionMs: number,
): WindowStoreSpec<K, ValueAndTimestamp<A>> {
  return {
    kind: 'window',
    name,
    keySerde,
    valueSerde: timestampedSerde(valueSerde),
    logged: materialized.logged ?? true,
    persistent: materialized.persistent ?? true,
    windowSizeMs,
    retentionMs,
    closesWindows: emit.kind === 'window-close',
  }
}

function retentionOf<K, A>(
  { name, materialized }: WindowedStoreOptions<K, A>,
  neededMs: number,
  what: string,
): number {
  const retentionMs = materialized.retentionMs ?? neededMs
  if (Number.isSafeInteger(retentionMs) && retentionMs >= neededMs) return retentionMs
  throw new StreamsError(
    'TOPOLOGY_INVALID_WINDOW',
    `a retention of ${retentionMs} ms does not cover ${what}, ${neededMs} ms`,
    { store: name },
    'Leave retentionMs out, or give at least that.',
  )
}
