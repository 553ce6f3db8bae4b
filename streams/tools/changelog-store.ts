import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { ManagedStore, StoreBackend, StoreSpec, TaskStores } from '../store.ts'
import { readToEnd } from './read-topic.ts'

const OVERLAY_BYTES = 1_048_576

export interface ChangelogStoreOptions {
  readonly log: Log
  readonly applicationId: string
  readonly spec: StoreSpec
  /** Where the temporary stores lie; a directory of their own. */
  readonly directory: string
  readonly stores: StoreBackend
  /** All unless given. */
  readonly partition?: number
  readonly onProgress?: (records: number) => void
}

export interface ChangelogPart {
  readonly partition: number
  readonly store: ManagedStore
}

/** A store rebuilt from its changelog alone, whoever runs the application, in a temporary place. Close it after use. */
export interface ChangelogStore {
  readonly parts: readonly ChangelogPart[]
  /** Applies what the changelog has got since. @returns whether there was anything */
  catchUp(): Promise<boolean>
  close(): Promise<void>
}

/** @throws {StreamsError} STORE_WITHOUT_CHANGELOG, STORE_PARTITION_UNKNOWN */
export async function openChangelogStore(options: ChangelogStoreOptions): Promise<ChangelogStore> {
  const { log, applicationId, spec, directory, stores, onProgress } = options
  const topic = `${applicationId}-${spec.name}-changelog`
  if (!spec.logged || !(await log.admin.listTopics()).includes(topic)) {
    throw new StreamsError(
      'STORE_WITHOUT_CHANGELOG',
      `the store has no changelog ${topic}`,
      { store: spec.name },
      spec.logged
        ? 'Start the application once, or read its local state.'
        : 'Read its local state.',
    )
  }
  const [description] = await log.admin.describeTopics([topic])
  const count = description?.partitions ?? 0
  if (options.partition !== undefined && options.partition >= count) {
    throw new StreamsError(
      'STORE_PARTITION_UNKNOWN',
      `there is no partition ${options.partition}`,
      { store: spec.name },
      `Choose one of 0 to ${count - 1}.`,
    )
  }
  const partitions =
    options.partition === undefined
      ? Array.from({ length: count }, (_, at) => at)
      : [options.partition]
  const open: TaskStores[] = []
  const parts: ChangelogPart[] = []
  for (const partition of partitions) {
    const taskId = `0_${partition}`
    const task = await stores.open({
      directory: join(directory, taskId),
      taskId,
      specs: [spec],
      overlayBytesMax: OVERLAY_BYTES,
      changelogTopic: () => topic,
    })
    open.push(task)
    parts.push({ partition, store: task.get(spec.name) })
  }
  let records = 0
  const catchUp = async (): Promise<boolean> => {
    let moved = false
    const positions = parts.map(({ partition, store }) => ({
      topic,
      partition,
      offset: store.checkpoint() ?? 0,
    }))
    for await (const batch of readToEnd(log, 'orion-store', positions)) {
      const part = parts.find(({ partition }) => partition === batch.partition)
      if (part === undefined) continue
      await prepareReading(spec, batch.records)
      part.store.restore(batch.records, batch.nextOffset)
      records += batch.records.length
      if (batch.records.length > 0) moved = true
      onProgress?.(records)
    }
    return moved
  }
  const close = async (): Promise<void> => {
    for (const task of open) await task.close()
  }
  try {
    await catchUp()
  } catch (error) {
    await close()
    throw error
  }
  return { parts, catchUp, close }
}

/** A serde that fetches a writer's schema does so before the value is read. */
async function prepareReading(
  { valueSerde }: StoreSpec,
  records: readonly { readonly value: Uint8Array | null }[],
): Promise<void> {
  if (valueSerde.pending === undefined) return
  for (const { value } of records) if (value !== null) await valueSerde.pending(value)
}
