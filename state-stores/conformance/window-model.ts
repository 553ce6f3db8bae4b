import { describe, expect, test } from 'vitest'
import type { WindowIterator, WindowStore, WindowStoreSpec } from '#streams'
import { modelRun, type StoreModel } from './model-run.ts'
import { BASE, type BackendUnderTest, SEGMENT_MS, sums } from './store-house.ts'

interface Entry {
  readonly key: string
  readonly startMs: number
  readonly value: string
}

const STEPS = 500
const ADVANCE_MS = 10_000
/** Keys of several lengths, one the beginning of another. */
const KEYS = ['a', 'aa', 'ab', 'b', 'b\u0001', 'c'] as const

const VARIANTS: readonly WindowStoreSpec<string, string>[] = [
  sums,
  { ...sums, closesWindows: true },
  { ...sums, retainDuplicates: true },
  { ...sums, retainDuplicates: true, closesWindows: true },
  { ...sums, persistent: false },
]

/** In the order of puts. */
class WindowModel implements StoreModel<WindowModel> {
  readonly #spec: WindowStoreSpec<string, string>
  readonly #entries: Entry[]
  #observedMs: number

  constructor(
    spec: WindowStoreSpec<string, string>,
    entries: readonly Entry[] = [],
    observedMs = -1,
  ) {
    this.#spec = spec
    this.#entries = [...entries]
    this.#observedMs = observedMs
  }

  copy(): WindowModel {
    return new WindowModel(this.#spec, this.#entries, this.#observedMs)
  }

  put(key: string, value: string | undefined, startMs: number): void {
    if (value === undefined && this.#spec.retainDuplicates === true) return
    this.#observedMs = Math.max(this.#observedMs, startMs)
    if (!this.#isVisible(startMs)) return
    const at = this.#entries.findIndex((entry) => entry.key === key && entry.startMs === startMs)
    if (at >= 0 && this.#spec.retainDuplicates !== true) this.#entries.splice(at, 1)
    if (value !== undefined) this.#entries.push({ key, startMs, value })
  }

  visible(fromMs: number, toMs: number): Entry[] {
    return this.#entries.filter(
      ({ startMs }) => this.#isVisible(startMs) && startMs >= fromMs && startMs <= toMs,
    )
  }

  /** Segments leave as a whole. */
  inLiveSegments(): number {
    const firstMs = this.#observedMs - this.#spec.retentionMs
    const firstLiveMs = Math.floor(firstMs / SEGMENT_MS) * SEGMENT_MS
    return this.#entries.filter(({ startMs }) => startMs >= firstLiveMs).length
  }

  #isVisible(startMs: number): boolean {
    const beginMs = this.#observedMs - this.#spec.retentionMs
    return this.#spec.closesWindows === true ? startMs >= beginMs : startMs > beginMs
  }
}

/** Sorting is stable, so puts of one key and start stay in their order. */
function byKey(left: Entry, right: Entry): number {
  return compare(left.key, right.key) || left.startMs - right.startMs
}

function byTime(left: Entry, right: Entry): number {
  return left.startMs - right.startMs || compare(left.key, right.key)
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function read(found: WindowIterator<string, string>): string[] {
  return [...found].map(([{ key, startMs, endMs }, value]) => {
    expect(endMs).toBe(startMs + sums.windowSizeMs)
    return `${key}@${startMs}=${value}`
  })
}

function expected(entries: readonly Entry[]): string[] {
  return entries.map(({ key, startMs, value }) => `${key}@${startMs}=${value}`)
}

export function windowModelRuns(name: string, create: () => BackendUnderTest): void {
  describe.each(VARIANTS)(
    `random runs of windows on ${name}: closes $closesWindows, duplicates $retainDuplicates, persistent $persistent`,
    (spec) => {
      test.each([21, 22])('seed %i', async (seed) => {
        const subject = await modelRun<WindowStore<string, string>, WindowModel>(create(), seed, {
          spec,
          steps: STEPS,
          empty: new WindowModel(spec),
          step({ store, model, random, at }) {
            const nowMs = BASE + Math.floor(at / 3) * ADVANCE_MS * 0.4
            const time = () => nowMs - (nowMs % ADVANCE_MS) + (random.below(24) - 20) * ADVANCE_MS
            const [key, startMs, toMs] = [random.oneOf(KEYS), time(), time()]
            const kind = random.chance()
            if (kind < 0.5) {
              const value = random.chance() < 0.85 ? `${at}` : undefined
              store.put(key, value, startMs)
              model.put(key, value, startMs)
              return
            }
            const found = model.visible(startMs, toMs)
            const ofKey = found.filter((entry) => entry.key === key).sort(byKey)
            if (kind < 0.6) {
              expect(read(store.fetchRange(key, startMs, toMs))).toEqual(expected(ofKey))
            } else if (kind < 0.7) {
              const reverse = expected(ofKey).reverse()
              expect(read(store.backwardFetchRange(key, startMs, toMs))).toEqual(reverse)
            } else if (kind < 0.8) {
              const [from, to] = [
                random.oneOf([...KEYS, undefined]),
                random.oneOf([...KEYS, undefined]),
              ]
              const within = found.filter(
                (entry) => entry.key >= (from ?? '') && entry.key <= (to ?? '~'),
              )
              expect(read(store.fetchKeyRange(from, to, startMs, toMs))).toEqual(
                expected(within.sort(byKey)),
              )
            } else if (kind < 0.9) {
              expect(read(store.fetchAllByTime(startMs, toMs))).toEqual(
                expected(found.sort(byTime)),
              )
            } else if (spec.retainDuplicates === true) {
              const refused = expect.objectContaining({ code: 'STORE_RETAINS_DUPLICATES' })
              expect(() => store.fetch(key, startMs)).toThrow(refused)
            } else {
              const [only] = model.visible(startMs, startMs).filter((entry) => entry.key === key)
              expect(store.fetch(key, startMs)).toBe(only?.value)
            }
          },
          changelogKeysMax: (model) => model.inLiveSegments(),
          compare(store, model) {
            const all = model.visible(0, Infinity)
            expect(read(store.fetchAllByTime(0, Infinity))).toEqual(expected(all.sort(byTime)))
            const inOrder = expected(all.sort(byKey))
            expect(read(store.all())).toEqual(inOrder)
            expect(read(store.fetchAll(0, Infinity))).toEqual(inOrder)
            expect(read(store.backwardAll())).toEqual(inOrder.toReversed())
            expect(read(store.backwardFetchAll(0, Infinity))).toEqual(inOrder.toReversed())
          },
        })
        expect(subject.digest.entries).toBeGreaterThan(5)
        await subject.crash({ ...spec, retentionMs: spec.retentionMs * 1_000 })
        const stored = (subject.store as WindowStore<string, string>).all()
        expect([...stored].length).toBe(subject.changelogKeys)
        await subject.close()
      })
    },
  )
}
