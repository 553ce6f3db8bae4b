import type { TaskReport, TopologyReported } from '#avro'
import type {
  StandbyTaskMetadata,
  Streams,
  StreamsMetadata,
  TaskMetadata,
  Topology,
} from '#streams'

/** Which process reports. */
export interface ReportingProcess {
  /** The same after a restart on the same data directory. */
  readonly processId: string
  readonly host: string
  readonly pid: number
  readonly version: string
}

/** A topology that runs in this thread: see `RunningTopology`. */
export interface ReportedTopology {
  readonly name: string
  readonly topology: Topology
  readonly streams: Pick<Streams, 'metadata' | 'error'>
}

/**
 * What this process runs of a topology.
 * @param further the same application's instances in worker threads
 */
export function topologyReport(
  process: ReportingProcess,
  { name, topology, streams }: ReportedTopology,
  { graph, further }: { readonly graph: string; readonly further: readonly StreamsMetadata[] },
): TopologyReported {
  const own = streams.metadata()
  const others = further.filter(({ applicationId }) => applicationId === own.applicationId)
  const unsettled = others.find(({ state }) => state !== 'RUNNING')?.state
  const taskList = tasksOf([...own.threads, ...others.flatMap(({ threads }) => threads)])
  const error = streams.error()
  return {
    ...process,
    topology: name,
    applicationId: own.applicationId,
    graph,
    state: own.state === 'RUNNING' ? (unsettled ?? own.state) : own.state,
    error: error === undefined ? null : String(error),
    tasksLeftOut: 0,
    taskList,
    globalStores: topology.globalStores.map(({ topic, store }) => ({
      store: store.name,
      topic,
      bytes: Math.round(own.globalStoreBytes[store.name] ?? 0),
    })),
  }
}

function tasksOf(threads: StreamsMetadata['threads']): TaskReport[] {
  return threads.flatMap(({ name, tasks: active, standbyTasks }) => [
    ...active.map((task) => activeTask(task, name)),
    ...standbyTasks.map((task) => standbyTask(task, name)),
  ])
}

function activeTask(task: TaskMetadata, thread: string): TaskReport {
  const running = task.stores.map((store) => ({
    store,
    bytes: Math.round(task.storeBytes[store] ?? 0),
    restore: null,
  }))
  const restoring = task.restore.map(
    ({ store, from, position, endOffset, offsetsPerSecond, remainingMs }) => ({
      store,
      bytes: 0,
      restore: {
        restored: position - from,
        total: endOffset - from,
        recordsPerSecond: offsetsPerSecond ?? null,
        secondsLeft: remainingMs === undefined ? null : remainingMs / 1_000,
      },
    }),
  )
  return {
    taskId: task.taskId,
    role: 'ACTIVE',
    state: taskState(task),
    thread,
    nodes: task.nodeRecords,
    inputs: task.inputs.map(({ topic, partition, position, lag }) => ({
      topic,
      partition,
      position: position ?? null,
      lag: lag ?? null,
    })),
    stores: restoring.length > 0 ? restoring : running,
  }
}

/** Beside its state, what it waits for. */
function taskState({ state, retry, schemaWaits }: TaskMetadata): string {
  if (retry !== undefined) return `${state}, waits to try a record again`
  return schemaWaits.length === 0 ? state : `${state}, waits for the schema registry`
}

/** How far a standby is behind its changelog, as a restoration that does not end. */
function standbyTask({ taskId, state, stores }: StandbyTaskMetadata, thread: string): TaskReport {
  return {
    taskId,
    role: 'STANDBY',
    state,
    thread,
    nodes: {},
    inputs: [],
    stores: stores.map(({ store, position, endOffset }) => ({
      store,
      bytes: 0,
      restore:
        position >= endOffset
          ? null
          : { restored: position, total: endOffset, recordsPerSecond: null, secondsLeft: null },
    })),
  }
}
