import { expect } from 'vitest'
import type { StateStore, StoreSpec } from '#streams'
import { ChangeloggedStore } from './changelogged-store.ts'
import { seededRandom } from './seeded-random.ts'
import type { BackendUnderTest } from './store-house.ts'

/** Of the backends of model runs: so few that a backlog stays behind many commits. */
export const EXPIRED_ENTRIES_PER_COMMIT = 4

/** What a store should hold, kept without any of the code under test. */
export interface StoreModel<M> {
  copy(): M
}

export interface ModelRun<S extends StateStore, M extends StoreModel<M>> {
  readonly spec: StoreSpec
  readonly steps: number
  readonly empty: M
  /** Writes to both, or reads and compares. */
  step(of: {
    readonly store: S
    readonly model: M
    readonly random: Random
    readonly at: number
  }): void
  /** Everything that can be read. */
  compare(store: S, model: M): void
  /** How many entries the compacted changelog may hold once nothing more is left to expire. */
  changelogKeysMax?(model: M): number
}

interface Random {
  /** In [0, 1). */
  chance(): number
  below(bound: number): number
  oneOf<T>(values: readonly T[]): T
}

/**
 * A store beside a model, through commits, discards, crashes, and moves to a directory where it is restored from its changelog.
 * After each of these both must still be the same, and stay so with what follows.
 */
export async function modelRun<S extends StateStore, M extends StoreModel<M>>(
  made: BackendUnderTest,
  seed: number,
  run: ModelRun<S, M>,
): Promise<ChangeloggedStore> {
  const random = randomOf(seed)
  const subject = new ChangeloggedStore(made, run.spec)
  // The caller names the store's type beside its spec.
  const store = () => subject.store as S
  /** With a round that is not full, nothing is left to expire. */
  const commit = () => {
    const { tombstones, isIdle } = subject.commit()
    if (isIdle || tombstones >= EXPIRED_ENTRIES_PER_COMMIT) return
    const changelogKeysMax = run.changelogKeysMax?.(model)
    if (changelogKeysMax === undefined) return
    expect(subject.changelogKeys).toBeLessThanOrEqual(changelogKeysMax)
    drained += 1
  }
  let drained = 0
  await subject.open()
  let model = run.empty.copy()
  let committed = run.empty.copy()
  for (let at = 0; at < run.steps; at += 1) {
    const kind = random.chance()
    if (kind < 0.92) {
      run.step({ store: store(), model, random, at })
      continue
    }
    if (kind < 0.96) {
      commit()
      committed = model.copy()
    } else if (kind < 0.965) {
      await subject.crashWithinCommit()
      committed = model.copy()
    } else if (kind < 0.975) {
      subject.discard()
      model = committed.copy()
    } else if (kind < 0.99) {
      await subject.crash()
      model = committed.copy()
    } else {
      const batch = 1 + random.below(40)
      await subject.moveElsewhere({ compacted: random.chance() < 0.5, batch })
      model = committed.copy()
    }
    run.compare(store(), model)
    run.compare(subject.committed as S, committed)
  }
  commit()
  run.compare(subject.committed as S, model)
  if (run.changelogKeysMax !== undefined) expect(drained).toBeGreaterThan(3)
  return subject
}

function randomOf(seed: number): Random {
  const chance = seededRandom(seed)
  const below = (bound: number) => Math.floor(chance() * bound)
  return {
    chance,
    below,
    oneOf: (values) => {
      if (values.length === 0) throw new RangeError('nothing to choose from')
      return values[below(values.length)] as (typeof values)[number]
    },
  }
}
