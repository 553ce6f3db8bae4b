import { describe, expect, test } from 'vitest'
import type { SessionStore, SessionStoreSpec, WindowedKey, WindowIterator } from '#streams'
import { modelRun, type StoreModel } from './model-run.ts'
import { BASE, type BackendUnderTest, SEGMENT_MS, sessions } from './store-house.ts'

interface Entry extends WindowedKey<string> {
  readonly value: string
}

const STEPS = 500
const KEYS = ['a', 'aa', 'ab', 'b', 'b\u0001', 'c'] as const

class SessionModel implements StoreModel<SessionModel> {
  readonly #entries: Map<string, Entry>
  #observedMs: number

  constructor(entries: ReadonlyMap<string, Entry> = new Map(), observedMs = -1) {
    this.#entries = new Map(entries)
    this.#observedMs = observedMs
  }

  copy(): SessionModel {
    return new SessionModel(this.#entries, this.#observedMs)
  }

  put(session: WindowedKey<string>, value: string | undefined): void {
    this.#observedMs = Math.max(this.#observedMs, session.endMs)
    if (!this.#isVisible(session)) return
    const id = `${session.key}@${session.startMs}/${session.endMs}`
    if (value === undefined) this.#entries.delete(id)
    else this.#entries.set(id, { ...session, value })
  }

  visible(): Entry[] {
    return [...this.#entries.values()].filter((entry) => this.#isVisible(entry))
  }

  /** Segments leave as a whole. */
  inLiveSegments(): number {
    const firstMs = this.#observedMs - sessions.retentionMs
    const firstLiveMs = Math.floor(firstMs / SEGMENT_MS) * SEGMENT_MS
    return [...this.#entries.values()].filter(({ endMs }) => endMs >= firstLiveMs).length
  }

  #isVisible({ endMs }: { readonly endMs: number }): boolean {
    return endMs > this.#observedMs - sessions.retentionMs
  }
}

function byTime(left: Entry, right: Entry): number {
  return left.endMs - right.endMs || left.startMs - right.startMs || compare(left.key, right.key)
}

function byKey(left: Entry, right: Entry): number {
  return compare(left.key, right.key) || byTime(left, right)
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function read(found: WindowIterator<string, string>): string[] {
  return expected([...found].map(([session, value]) => ({ ...session, value })))
}

function expected(entries: readonly Entry[]): string[] {
  return entries.map(({ key, startMs, endMs, value }) => `${key}@${startMs}/${endMs}=${value}`)
}

const VARIANTS: readonly SessionStoreSpec<string, string>[] = [
  sessions,
  { ...sessions, persistent: false },
]

export function sessionModelRuns(name: string, create: () => BackendUnderTest): void {
  describe.each(VARIANTS)(`random runs of sessions on ${name}, persistent $persistent`, (spec) => {
    test.each([31, 32])('seed %i', async (seed) => {
      const subject = await modelRun<SessionStore<string, string>, SessionModel>(create(), seed, {
        spec,
        steps: STEPS,
        empty: new SessionModel(),
        step({ store, model, random, at }) {
          const key = random.oneOf(KEYS)
          const endMs = BASE + Math.floor(at / 2) * 1_000 + random.below(25) * 10_000
          const startMs = endMs - random.below(5) * 20_000
          const kind = random.chance()
          const existing = model.visible()
          if (kind < 0.35 || existing.length === 0) {
            store.put({ key, startMs, endMs }, `${at}`)
            model.put({ key, startMs, endMs }, `${at}`)
          } else if (kind < 0.5) {
            const session = random.oneOf(existing)
            if (random.chance() < 0.5) store.remove(session)
            else store.put(session, undefined)
            model.put(session, undefined)
          } else if (kind < 0.6) {
            const session = random.oneOf(existing)
            const { value } = session
            expect(store.fetchSession(session.key, session.startMs, session.endMs)).toBe(value)
            expect(store.fetchSession('d', session.startMs, session.endMs)).toBeUndefined()
          } else if (kind < 0.8) {
            const [earliestEndMs, latestStartMs] = [startMs - 100_000, endMs]
            const found = existing
              .filter((entry) => entry.key === key && entry.endMs >= earliestEndMs)
              .filter((entry) => entry.startMs <= latestStartMs)
              .sort(byTime)
            expect(read(store.findSessions(key, earliestEndMs, latestStartMs))).toEqual(
              expected(found),
            )
            expect(read(store.backwardFindSessions(key, earliestEndMs, latestStartMs))).toEqual(
              expected(found.reverse()),
            )
          } else if (kind < 0.9) {
            const [fromMs, toMs] = [startMs - 100_000, endMs]
            const found = existing.filter((entry) => entry.endMs >= fromMs && entry.endMs <= toMs)
            expect(read(store.findSessionsByEnd(fromMs, toMs))).toEqual(
              expected(found.sort(byTime)),
            )
          } else {
            const [from, to] = [
              random.oneOf([...KEYS, undefined]),
              random.oneOf([...KEYS, undefined]),
            ]
            const found = existing.filter(
              (entry) => entry.key >= (from ?? '') && entry.key <= (to ?? '~'),
            )
            expect(read(store.fetchKeyRange(from, to))).toEqual(expected(found.sort(byKey)))
          }
        },
        changelogKeysMax: (model) => model.inLiveSegments(),
        compare(store, model) {
          const all = model.visible()
          expect(read(store.all())).toEqual(expected(all.sort(byKey)))
          expect(read(store.findSessionsByEnd(0, Infinity))).toEqual(expected(all.sort(byTime)))
          for (const key of KEYS) {
            const ofKey = expected(all.filter((entry) => entry.key === key))
            expect(read(store.fetch(key))).toEqual(ofKey)
            expect(read(store.backwardFetch(key))).toEqual(ofKey.reverse())
          }
        },
      })
      expect(subject.digest.entries).toBeGreaterThan(5)
      await subject.crash({ ...spec, retentionMs: spec.retentionMs * 1_000 })
      const stored = (subject.store as SessionStore<string, string>).all()
      expect([...stored].length).toBe(subject.changelogKeys)
      await subject.close()
    })
  })
}
