import { describe, expect, test } from 'vitest'
import type { KeyRange } from '#streams'
import { compareBytes } from '../bytes.ts'
import type { EngineUnderTest } from './engine-conformance.ts'
import { seededRandom } from './seeded-random.ts'

/** Random batches, ranges and reopenings beside a naive model; a failure prints its seed. */
export function engineModelRuns(name: string, create: () => EngineUnderTest): void {
  describe(`random runs of the ${name} engine`, () => {
    test.each([1, 2, 3])('a random run with seed %i equals a naive model', async (seed) => {
      const { engine, newDirectory } = create()
      const directory = newDirectory()
      let database = await engine.open(directory, { keyspaces: ['orders', 'fills'] })
      const random = seededRandom(seed)
      const below = (bound: number) => Math.floor(random() * bound)
      const key = () =>
        Uint8Array.from({ length: below(4) }, () => [0, 1, 0x7f, 0x80, 0xff][below(5)] ?? 0)
      const model = new Map<string, Map<string, string>>([
        ['orders', new Map()],
        ['fills', new Map()],
      ])
      const sorted = (keyspace: string, range: KeyRange) => {
        const entries = [...(model.get(keyspace) ?? [])]
          .map(([at, value]) => ({ key: Buffer.from(at, 'latin1'), value }))
          .filter(({ key: at }) => range.from === undefined || Buffer.compare(at, range.from) >= 0)
          .filter(({ key: at }) => range.to === undefined || Buffer.compare(at, range.to) < 0)
          .sort((left, right) => Buffer.compare(left.key, right.key))
        if (range.reverse === true) entries.reverse()
        return entries.slice(0, range.limit).map((entry) => [latin1(entry.key), entry.value])
      }
      for (let round = 0; round < 150; round += 1) {
        const batch = database.batch()
        for (let operation = below(12); operation > 0; operation -= 1) {
          const keyspace = random() < 0.7 ? 'orders' : 'fills'
          const entries = model.get(keyspace) ?? new Map<string, string>()
          const kind = random()
          if (kind < 0.7) {
            const [at, value] = [key(), `${round}.${operation}`]
            batch.put(keyspace, at, utf8(value))
            entries.set(latin1(at), value)
          } else if (kind < 0.9) {
            const at = key()
            batch.delete(keyspace, at)
            entries.delete(latin1(at))
          } else {
            const [from, to] = [key(), key()].sort(compareBytes)
            if (from === undefined || to === undefined) continue
            batch.deleteRange(keyspace, from, to)
            for (const at of [...entries.keys()]) {
              const bytes = Buffer.from(at, 'latin1')
              if (Buffer.compare(bytes, from) >= 0 && Buffer.compare(bytes, to) < 0)
                entries.delete(at)
            }
          }
        }
        batch.write({ fsync: random() < 0.1 })
        if (random() < 0.05) {
          await database.close()
          database = await engine.open(directory, { keyspaces: ['orders'] })
        }
        const keyspace = random() < 0.7 ? 'orders' : 'fills'
        const range: KeyRange = {
          ...(random() < 0.5 ? { from: key() } : {}),
          ...(random() < 0.5 ? { to: key() } : {}),
          ...(random() < 0.5 ? { reverse: true } : {}),
          ...(random() < 0.3 ? { limit: below(10) } : {}),
        }
        const found = [...database.scan(keyspace, range)]
        expect(found.map((entry) => [latin1(entry.key), text(entry.value)])).toEqual(
          sorted(keyspace, range),
        )
        const at = key()
        const value = database.get(keyspace, at)
        expect(value === undefined ? undefined : text(value)).toBe(
          model.get(keyspace)?.get(latin1(at)),
        )
      }
      await database.close()
      await engine.destroy(directory)
    })
  })
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
