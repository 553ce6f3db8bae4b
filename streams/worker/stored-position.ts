import type { TaskStores } from '../store.ts'
import type { StoredPosition } from './assignment/held-tasks.ts'

/** By store, how far its changelog goes as far as was seen. */
export type SeenEnds = Map<string, number>

/** How far a task's stores are, and would have to be, summed over those with a changelog. */
export function positionOf(stores: TaskStores, ends: SeenEnds): StoredPosition {
  let position = 0
  let end = 0
  for (const name of stores.names) {
    const store = stores.get(name)
    if (!store.spec.logged) continue
    const checkpoint = store.checkpoint() ?? 0
    position += checkpoint
    end += Math.max(checkpoint, ends.get(name) ?? 0)
  }
  return { position, end }
}
