import { StreamsError } from '../errors.ts'
import type { TaskStores } from '../store.ts'

/** For tasks without stores: nothing is opened, nothing is locked. */
export const noStores: TaskStores = {
  names: [],
  overlayFull: false,
  get: (name) => {
    throw new StreamsError(
      'STORE_UNKNOWN',
      'this task has no stores',
      { store: name },
      'Connect the store to a processor.',
    )
  },
  commit: () => {},
  position: () => undefined,
  discard: () => {},
  close: async () => {},
}
