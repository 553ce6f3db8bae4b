import type { TopologySource } from '#gateway'
import type { TopologyStatus, TopologySummary, TopologyTask } from '#gateway/protocol'
import {
  type Clock,
  layOut,
  type StandbyTaskMetadata,
  type StreamsMetadata,
  type TaskMetadata,
} from '#streams'
import type { RunningTopology } from './open-topology.ts'
import type { StreamWorkers } from './stream-workers.ts'

/** Boxes of the graph have room for a name and a figure. */
const BOXES = { boxWidth: 230, boxHeight: 46 }

/** What those who operate the platform see of the topologies in this process. */
export function topologySource(
  running: readonly RunningTopology[],
  clock: Clock,
  workers?: Pick<StreamWorkers, 'metadata'>,
): TopologySource {
  /** Of an application's instances in this process: this thread's and the workers'. */
  const read = async (): Promise<ReadonlyMap<string, StreamsMetadata>> => {
    const further = (await workers?.metadata()) ?? []
    return new Map(
      running.map(({ name, streams }) => {
        const own = streams.metadata()
        const others = further.filter(({ applicationId }) => applicationId === own.applicationId)
        const threads = [...own.threads, ...others.flatMap((one) => one.threads)]
        const unsettled = others.find(({ state }) => state !== 'RUNNING')?.state
        const state = own.state === 'RUNNING' ? (unsettled ?? own.state) : own.state
        return [name, { ...own, state, threads }]
      }),
    )
  }
  const diagrams = new Map(
    running.map(({ name, topology }) => [name, diagramOf(topology)] as const),
  )
  return {
    list: async () => [...(await read())].map(([name, metadata]) => summaryOf(name, metadata)),
    status: async (wanted) => {
      const found = running.find(({ name }) => name === wanted)
      const diagram = diagrams.get(wanted)
      const metadata = (await read()).get(wanted)
      if (found === undefined || diagram === undefined || metadata === undefined) return undefined
      return {
        ...summaryOf(found.name, metadata),
        asOfMs: clock.nowMs(),
        error: found.streams.error() === undefined ? null : String(found.streams.error()),
        diagram,
        taskList: tasksOf(metadata),
        globalStores: found.topology.globalStores.map(({ topic, store }) => ({
          store: store.name,
          topic,
          bytes: metadata.globalStoreBytes[store.name] ?? 0,
        })),
      }
    },
  }
}

function summaryOf(topology: string, metadata: StreamsMetadata): TopologySummary {
  const tasks = metadata.threads.flatMap((thread) => thread.tasks)
  return {
    topology,
    applicationId: metadata.applicationId,
    state: metadata.state,
    tasks: tasks.length,
    runningTasks: tasks.filter(({ state }) => state === 'RUNNING').length,
    lag: tasks.flatMap(({ inputs }) => inputs).reduce((sum, { lag = 0 }) => sum + lag, 0),
  }
}

function tasksOf({ threads }: StreamsMetadata): TopologyTask[] {
  const tasks = threads.flatMap(({ name, tasks: active, standbyTasks }) => [
    ...active.map((task) => activeTask(task, name)),
    ...standbyTasks.map((task) => standbyTask(task, name)),
  ])
  return tasks.sort(
    (a, b) =>
      a.subTopologyId - b.subTopologyId || a.partition - b.partition || (a.role < b.role ? -1 : 1),
  )
}

function activeTask(task: TaskMetadata, thread: string): TopologyTask {
  const running = task.stores.map((store) => ({
    store,
    bytes: task.storeBytes[store] ?? 0,
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
    ...placeOf(task.taskId),
    role: 'ACTIVE',
    state: task.retry === undefined ? task.state : `${task.state}, waits to try a record again`,
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

/** How far a standby is behind its changelog, as a restoration that does not end. */
function standbyTask({ taskId, state, stores }: StandbyTaskMetadata, thread: string): TopologyTask {
  return {
    ...placeOf(taskId),
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

/** `<sub-topology>_<partition>` */
function placeOf(taskId: string): Pick<TopologyTask, 'taskId' | 'subTopologyId' | 'partition'> {
  const [subTopologyId = 0, partition = 0] = taskId.split('_').map(Number)
  return { taskId, subTopologyId, partition }
}

function diagramOf(topology: RunningTopology['topology']): TopologyStatus['diagram'] {
  const { frames, ...sizes } = layOut(topology, BOXES)
  return {
    ...sizes,
    frames: frames.map(({ subTopologyId, ...frame }) => ({
      ...frame,
      subTopologyId: subTopologyId ?? null,
    })),
  }
}
