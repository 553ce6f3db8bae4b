import type { MergedEntry, OverlaidEntries } from './transactional/merge.ts'

export interface PairIterator<K, V> extends Iterable<readonly [K, V]> {
  next(): IteratorResult<readonly [K, V], undefined>
  close(): void
}

const DONE = { done: true, value: undefined } as const

/** Typed pairs of merged entries; `decode` answers undefined for an entry to leave out. Closes itself at the end. */
export function decodingIterator<K, V>(
  entries: OverlaidEntries,
  decode: (entry: MergedEntry) => readonly [K, V] | undefined,
): PairIterator<K, V> {
  let open = true
  const close = () => {
    if (open) entries.close()
    open = false
  }
  const next = (): IteratorResult<readonly [K, V], undefined> => {
    while (open) {
      const entry = entries.next()
      if (entry === undefined) break
      const pair = decode(entry)
      if (pair !== undefined) return { done: false, value: pair }
    }
    close()
    return DONE
  }
  return {
    next,
    close,
    [Symbol.iterator]: () => ({
      next,
      return: () => {
        close()
        return DONE
      },
    }),
  }
}
