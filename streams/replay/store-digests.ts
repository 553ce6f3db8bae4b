import { join } from 'node:path'
import type { StoreDigest, TaskStores } from '../store.ts'
import { PartitionCursor } from './partition-cursor.ts'
import type { ReplayContext } from './replay-context.ts'
import type { ReplayedStore } from './replay-options.ts'
import { partsOf } from './replay-task.ts'

const SLICE = 5_000

/** Digests of rebuilt stores, beside those of what the recorded run's changelogs hold. */
export async function compareStores(
  context: ReplayContext,
  taskId: string,
  rebuilt: TaskStores,
  isWhole: boolean,
): Promise<ReplayedStore[]> {
  const recorded = isWhole ? await recordedDigests(context, taskId, rebuilt) : new Map()
  return rebuilt.names.map((store) => ({
    taskId,
    store,
    rebuilt: rebuilt.get(store).digest(),
    recorded: recorded.get(store),
  }))
}

/** Restores the changelogs into stores of their own, as a new owner of the task would. */
async function recordedDigests(
  { plan, stores: backend, directory, log }: ReplayContext,
  taskId: string,
  rebuilt: TaskStores,
): Promise<Map<string, StoreDigest>> {
  const specs = rebuilt.names.map((name) => rebuilt.get(name).spec).filter(({ logged }) => logged)
  const digests = new Map<string, StoreDigest>()
  if (specs.length === 0) return digests
  const place = join(directory, `recorded-${taskId}`)
  await backend.wipe(place)
  const stores = await backend.open({
    directory: place,
    taskId,
    specs,
    overlayBytesMax: Number.MAX_SAFE_INTEGER,
    changelogTopic: plan.changelogTopic,
  })
  const { partition } = partsOf(taskId)
  for (const name of stores.names) {
    const cursor = await PartitionCursor.open(log, { topic: plan.changelogTopic(name), partition })
    for (let from = cursor.startOffset; from < cursor.endOffset; from += SLICE) {
      const to = Math.min(cursor.endOffset, from + SLICE)
      stores.get(name).restore(await cursor.read(from, to), to)
    }
    await cursor.close()
    digests.set(name, stores.get(name).digest())
  }
  await stores.close()
  await backend.wipe(place)
  return digests
}
