import { describe, expect, test } from 'vitest'
import type { KeyValueStore, TaskStores, WindowStore } from '#streams'
import { seededRandom } from './seeded-random.ts'
import { type BackendUnderTest, balances, sums } from './store-house.ts'

/** A store as a map of what is there, written without any of the code under test. */
interface Model {
  readonly balances: Map<string, string>
  /** `key@start` */
  readonly sums: Map<string, string>
  observedMs: number
  position: number
}

const BASE = 1_700_000_000_000
const SPAN_MS = 400_000

/** Long random runs of both kinds of stores beside a naive model; a failure prints its seed. */
export function storeModelRuns(name: string, create: () => BackendUnderTest): void {
  describe(`random runs of stores on ${name}`, () => {
    test.each([11, 12, 13, 14])('seed %i', async (seed) => {
      const { backend, newDirectory } = create()
      const directory = newDirectory()
      const random = seededRandom(seed)
      const below = (bound: number) => Math.floor(random() * bound)
      const key = () => `k${below(4)}${'x'.repeat(below(3))}`
      let stores = await open()
      let committed: Model = { balances: new Map(), sums: new Map(), observedMs: -1, position: 0 }
      let model = copy(committed)

      for (let step = 0; step < 1_500; step += 1) {
        const kind = random()
        if (kind < 0.25) {
          const [at, value] = [key(), `${step}`]
          keyValue().put(at, value)
          model.balances.set(at, value)
        } else if (kind < 0.35) {
          const at = key()
          expect(keyValue().delete(at)).toBe(model.balances.get(at))
          model.balances.delete(at)
        } else if (kind < 0.6) {
          const at = key()
          const startMs =
            BASE + Math.floor(((step / 1_500) * SPAN_MS * 2) / 10_000) * 10_000 + below(20) * 10_000
          const value = random() < 0.85 ? `${step}` : undefined
          window().put(at, value, startMs)
          model.observedMs = Math.max(model.observedMs, startMs)
          if (startMs > model.observedMs - sums.retentionMs) {
            if (value === undefined) model.sums.delete(`${at}@${startMs}`)
            else model.sums.set(`${at}@${startMs}`, value)
          }
        } else if (kind < 0.7) {
          const at = key()
          expect(keyValue().get(at)).toBe(model.balances.get(at))
          const found = [...window().fetchRange(at, BASE, BASE + SPAN_MS * 3)]
          expect(
            found.map(([windowed, value]) => `${windowed.key}@${windowed.startMs}=${value}`),
          ).toEqual(visibleSums(model).filter((entry) => entry.startsWith(`${at}@`)))
        } else if (kind < 0.8) {
          const [from, to] = [key(), key()].sort()
          const reverse = random() < 0.5
          const found = reverse ? keyValue().reverseRange(from, to) : keyValue().range(from, to)
          const expected = [...model.balances]
            .filter(([at]) => from !== undefined && to !== undefined && at >= from && at <= to)
            .sort(([left], [right]) => (left < right ? -1 : 1))
          if (reverse) expected.reverse()
          expect([...found]).toEqual(expected)
        } else if (kind < 0.88) {
          const found = [...window().all()].map(
            ([windowed, value]) => `${windowed.key}@${windowed.startMs}=${value}`,
          )
          expect(found.sort()).toEqual(visibleSums(model).sort())
        } else if (kind < 0.95) {
          model.position = step
          stores.commit(new Map([['balances', step]]))
          committed = copy(model)
        } else if (kind < 0.98) {
          stores.discard()
          model = copy(committed)
        } else {
          await stores.close()
          stores = await open()
          model = copy(committed)
          expect(stores.get('balances').checkpoint() ?? 0).toBe(model.position)
        }
      }
      stores.commit(new Map())
      expect([...keyValue().all()]).toEqual(
        [...model.balances].sort(([l], [r]) => (l < r ? -1 : 1)),
      )
      expect(stores.get('balances').digest().entries).toBe(model.balances.size)
      expect(stores.get('sums').digest().entries).toBe(visibleSums(model).length)
      await stores.close()
      await backend.wipe(directory)

      function open(): Promise<TaskStores> {
        return backend.open({
          directory,
          taskId: '0_0',
          specs: [balances, sums],
          overlayBytesMax: 1e6,
        })
      }
      function keyValue() {
        return stores.get('balances').store as KeyValueStore<string, string>
      }
      function window() {
        return stores.get('sums').store as WindowStore<string, string>
      }
    })
  })
}

/** By key, then start: the keys are of ASCII and `@` sorts before none of their letters, so starts decide last. */
function visibleSums(model: Model): string[] {
  return [...model.sums]
    .map(([at, value]) => ({
      key: at.split('@')[0] ?? '',
      startMs: Number(at.split('@')[1]),
      value,
    }))
    .filter(({ startMs }) => startMs > model.observedMs - sums.retentionMs)
    .sort((left, right) =>
      left.key === right.key ? left.startMs - right.startMs : left.key < right.key ? -1 : 1,
    )
    .map(({ key, startMs, value }) => `${key}@${startMs}=${value}`)
}

function copy(model: Model): Model {
  return { ...model, balances: new Map(model.balances), sums: new Map(model.sums) }
}
