import { describe, expect, test } from 'vitest'
import type { KeyValueStore } from '#streams'
import { modelRun, type StoreModel } from './model-run.ts'
import { type BackendUnderTest, balances } from './store-house.ts'

const ENTRIES_MAX = 5
const KEYS = Array.from({ length: 12 }, (_, index) => `k${index}`)
const recent = { ...balances, name: 'recent', entriesMax: ENTRIES_MAX }

/** The one that was used longest ago first. */
class LruModel implements StoreModel<LruModel> {
  #entries: (readonly [string, string])[]

  constructor(entries: readonly (readonly [string, string])[] = []) {
    this.#entries = [...entries]
  }

  copy(): LruModel {
    return new LruModel(this.#entries)
  }

  get sorted(): readonly (readonly [string, string])[] {
    return this.#entries.toSorted(([left], [right]) => (left < right ? -1 : 1))
  }

  get(key: string): string | undefined {
    const found = this.#entries.find(([at]) => at === key)
    if (found !== undefined) this.put(...found)
    return found?.[1]
  }

  put(key: string, value: string): void {
    this.delete(key)
    this.#entries.push([key, value])
    if (this.#entries.length > ENTRIES_MAX) this.#entries.shift()
  }

  delete(key: string): string | undefined {
    const found = this.#entries.find(([at]) => at === key)
    this.#entries = this.#entries.filter((entry) => entry !== found)
    return found?.[1]
  }
}

export function lruModelRuns(name: string, create: () => BackendUnderTest): void {
  describe(`random runs of a store of the entries used last on ${name}`, () => {
    test.each([51, 52, 53])('seed %i', async (seed) => {
      const subject = await modelRun<KeyValueStore<string, string>, LruModel>(create(), seed, {
        spec: recent,
        steps: 900,
        empty: new LruModel(),
        step({ store, model, random, at }) {
          const key = random.oneOf(KEYS)
          const kind = random.chance()
          if (kind < 0.4) {
            store.put(key, `${at}`)
            model.put(key, `${at}`)
          } else if (kind < 0.85) {
            expect(store.get(key)).toBe(model.get(key))
          } else if (kind < 0.95) {
            expect(store.delete(key)).toBe(model.delete(key))
          } else {
            const before = model.get(key)
            expect(store.putIfAbsent(key, `${at}`)).toBe(before)
            if (before === undefined) model.put(key, `${at}`)
          }
        },
        compare(store, model) {
          expect([...store.all()]).toEqual(model.sorted)
        },
      })
      expect(subject.changelogKeys).toBe(ENTRIES_MAX)
      await subject.close()
    })
  })
}
