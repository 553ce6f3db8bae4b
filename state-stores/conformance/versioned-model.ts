import { describe, expect, test } from 'vitest'
import type { VersionedKeyValueStore, VersionedRecord, VersionedStoreSpec } from '#streams'
import { modelRun, type StoreModel } from './model-run.ts'
import { BASE, type BackendUnderTest, prices } from './store-house.ts'

interface Entry {
  readonly timestampMs: number
  readonly value: string | undefined
  /** A later version was there when it came. */
  readonly isBetween: boolean
}

const STEPS = 700
const STEP_MS = 6_000
const KEYS = ['a', 'aa', 'ab', 'b', 'b\u0000', 'c'] as const
/** Written at the beginning alone: what stays of it is the latest version. */
const IDLE = 'idle'

/** Every version ever put, by key, in order of time. */
class VersionedModel implements StoreModel<VersionedModel> {
  readonly #versions: Map<string, readonly Entry[]>
  #observedMs: number

  constructor(versions: ReadonlyMap<string, readonly Entry[]> = new Map(), observedMs = -1) {
    this.#versions = new Map(versions)
    this.#observedMs = observedMs
  }

  copy(): VersionedModel {
    return new VersionedModel(this.#versions, this.#observedMs)
  }

  get oldestMs(): number {
    return this.#observedMs - prices.historyRetentionMs
  }

  put(key: string, value: string | undefined, timestampMs: number): number | 'latest' | 'not-put' {
    if (timestampMs < this.oldestMs) return 'not-put'
    this.#observedMs = Math.max(this.#observedMs, timestampMs)
    const others = this.#of(key).filter((entry) => entry.timestampMs !== timestampMs)
    const last = this.#of(key).at(-1)
    const before = others.at(-1)
    const takesBack =
      value === undefined &&
      last?.timestampMs === timestampMs &&
      last.value !== undefined &&
      (before === undefined || (before.value === undefined && !before.isBetween))
    const isBetween = others.some((entry) => entry.timestampMs > timestampMs)
    const versions = takesBack ? [...others] : [...others, { timestampMs, value, isBetween }]
    this.#versions.set(
      key,
      versions.sort((left, right) => left.timestampMs - right.timestampMs),
    )
    return others.find((entry) => entry.timestampMs > timestampMs)?.timestampMs ?? 'latest'
  }

  latest(key: string): VersionedRecord<string> | undefined {
    const last = this.#of(key).at(-1)
    if (last?.value === undefined) return undefined
    return { value: last.value, timestampMs: last.timestampMs, validToMs: undefined }
  }

  get(key: string, asOfMs: number): VersionedRecord<string> | undefined {
    const latest = this.latest(key)
    if (latest !== undefined && latest.timestampMs <= asOfMs) return latest
    return asOfMs < this.oldestMs ? undefined : this.#history(key, asOfMs, asOfMs)[0]
  }

  history(key: string, fromMs: number, toMs: number): VersionedRecord<string>[] {
    if (toMs < this.oldestMs) {
      const latest = this.latest(key)
      return latest !== undefined && latest.timestampMs <= toMs ? [latest] : []
    }
    return this.#history(key, Math.max(fromMs, this.oldestMs), toMs)
  }

  #history(key: string, fromMs: number, toMs: number): VersionedRecord<string>[] {
    const found: VersionedRecord<string>[] = []
    for (const [at, { timestampMs, value }] of this.#of(key).entries()) {
      const validToMs = this.#of(key)[at + 1]?.timestampMs
      if (value === undefined || timestampMs > toMs || (validToMs ?? Infinity) <= fromMs) continue
      found.unshift({ value, timestampMs, validToMs })
    }
    return found
  }

  #of(key: string): readonly Entry[] {
    return this.#versions.get(key) ?? []
  }
}

const VARIANTS: readonly VersionedStoreSpec<string, string>[] = [
  prices,
  { ...prices, persistent: false },
]

export function versionedModelRuns(name: string, create: () => BackendUnderTest): void {
  describe.each(VARIANTS)(`random runs of versions on ${name}, persistent $persistent`, (spec) => {
    test.each([41, 42])('seed %i', async (seed) => {
      const subject = await modelRun<VersionedKeyValueStore<string, string>, VersionedModel>(
        create(),
        seed,
        {
          spec,
          steps: STEPS,
          empty: new VersionedModel(),
          step({ store, model, random, at }) {
            const timeMs = () => BASE + at * STEP_MS - random.below(25) * 10_000
            const key = at < 50 ? random.oneOf([...KEYS, IDLE]) : random.oneOf(KEYS)
            const kind = random.chance()
            if (kind < 0.45) {
              const [timestampMs, value] = [timeMs(), random.chance() < 0.75 ? `${at}` : undefined]
              expect(store.put(key, value, timestampMs)).toBe(model.put(key, value, timestampMs))
            } else if (kind < 0.55) {
              const timestampMs = timeMs()
              const before = timestampMs < model.oldestMs ? undefined : model.get(key, timestampMs)
              expect(store.delete(key, timestampMs)).toEqual(before)
              model.put(key, undefined, timestampMs)
            } else if (kind < 0.8) {
              const asOfMs = timeMs()
              expect(store.get(key, asOfMs)).toEqual(model.get(key, asOfMs))
            } else {
              const [fromMs, toMs] = [timeMs(), timeMs()]
              expect(store.history(key, fromMs, toMs)).toEqual(
                fromMs > toMs ? [] : model.history(key, fromMs, toMs),
              )
            }
          },
          compare(store, model) {
            for (const key of [...KEYS, IDLE]) {
              expect(store.get(key)).toEqual(model.latest(key))
              expect(store.history(key, 0, BASE * 2)).toEqual(model.history(key, 0, BASE * 2))
            }
          },
        },
      )
      // As many as fit between now and what expired a minute ago at the latest, were every step a put.
      expect(subject.changelogKeys).toBeLessThan((prices.historyRetentionMs + 60_000) / STEP_MS)
      expect(subject.digest.entries).toBeGreaterThan(5)
      await subject.close()
    })
  })
}
