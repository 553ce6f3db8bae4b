import type { StreamsMetadata } from '#streams'

/** A topology is ready when it runs and no partition of it waits for the schema registry. */
export function topologyReadiness({ state, threads }: StreamsMetadata): {
  readonly ok: boolean
  readonly detail: string
} {
  const waits = threads.flatMap(({ tasks }) => tasks.flatMap(({ schemaWaits }) => schemaWaits))
  const [first] = waits
  if (first === undefined) return { ok: state === 'RUNNING', detail: state }
  const { topic, partition, offset, error } = first
  return {
    ok: false,
    detail: `${state}; ${waits.length} partitions wait for the schema registry, ${topic}-${partition} at ${offset} the first of them: ${error}`,
  }
}

/** Worker threads are ready when every instance in each of them runs. */
export function workersReadiness(
  workers: { readonly names: readonly string[]; readonly areRunning: boolean } | undefined,
) {
  if (workers === undefined) return []
  const check = () => ({
    ok: workers.areRunning,
    detail: `${workers.names.length} ${workers.areRunning ? 'run' : 'do not all run'}`,
  })
  return [{ name: 'worker threads', check }]
}
