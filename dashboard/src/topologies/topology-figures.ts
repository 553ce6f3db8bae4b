import type { TopologyStatus, TopologyTask } from '#sdk'

/** What is written in a box of the graph. */
export interface BoxFigures {
  /** Of a node: records a second over its active tasks; undefined until two readings are there. */
  readonly recordsPerSecond?: number | undefined
  /** Of a topic that is read: records that wait. */
  readonly lag?: number
  /** Of a store: bytes over its active tasks. */
  readonly bytes?: number
  /** Of a store that is being restored. */
  readonly restore?: RestoreFigures
}

interface RestoreFigures {
  /** 0 to 1, over all tasks that restore it. */
  readonly share: number
  readonly recordsPerSecond: number | undefined
  /** Of the task that takes longest. */
  readonly secondsLeft: number | undefined
}

/** Active tasks as their process told them before its last report, by id. */
export type EarlierTasks = ReadonlyMap<string, TopologyTask>

/**
 * What to take rates from when `now` is read after `last`: processes report at times of their own, so that a reading has a new report of some
 * tasks only.
 */
export function earlierTasks(
  now: TopologyStatus,
  last: TopologyStatus | undefined,
  earlier: EarlierTasks,
): EarlierTasks {
  const found = new Map<string, TopologyTask>()
  if (last?.topology !== now.topology) return found
  for (const { taskId, instance, role, asOfMs } of now.taskList) {
    if (role !== 'ACTIVE') continue
    const shown = last.taskList.find((task) => task.taskId === taskId && task.role === 'ACTIVE')
    const before = shown?.asOfMs === asOfMs ? earlier.get(taskId) : shown
    // One that moved counts anew, by another clock.
    if (before?.instance === instance) found.set(taskId, before)
  }
  return found
}

/** Figures by box of the diagram: `boxKey`. Rates come from the difference between two reports. */
export function topologyFigures(
  now: TopologyStatus,
  before: EarlierTasks,
): ReadonlyMap<string, BoxFigures> {
  const figures = new Map<string, BoxFigures>()
  const silent = new Set(now.instanceList.flatMap((one) => (one.silent ? [one.instance] : [])))
  for (const { subTopologyId, boxes } of now.diagram.frames) {
    for (const { shape, name } of boxes) {
      const key = boxKey(subTopologyId, shape, name)
      if (subTopologyId === null) {
        const global = now.globalStores.find(({ store }) => store === name)
        if (shape === 'store' && global !== undefined) figures.set(key, { bytes: global.bytes })
        continue
      }
      const active = now.taskList.filter(
        (task) => task.role === 'ACTIVE' && task.subTopologyId === subTopologyId,
      )
      if (shape === 'node') {
        const told = active.filter(({ instance }) => !silent.has(instance))
        figures.set(key, { recordsPerSecond: rateOf(name, told, before) })
      } else if (shape === 'store') {
        figures.set(key, storeFigures(name, active))
      } else {
        const lag = lagOf(name, active, now.applicationId)
        if (lag !== undefined) figures.set(key, { lag })
      }
    }
  }
  return figures
}

export function boxKey(subTopologyId: number | null, shape: string, name: string): string {
  return `${subTopologyId ?? 'global'} ${shape} ${name}`
}

/** A task that began anew counts from its beginning: its count is then smaller than before. Undefined until a task was reported twice. */
function rateOf(
  node: string,
  tasks: readonly TopologyTask[],
  before: EarlierTasks,
): number | undefined {
  let rate: number | undefined
  for (const { taskId, nodes, asOfMs } of tasks) {
    const earlier = before.get(taskId)
    if (earlier === undefined || asOfMs <= earlier.asOfMs) continue
    const count = nodes[node] ?? 0
    const records = Math.max(0, count - (earlier.nodes[node] ?? count))
    rate = (rate ?? 0) + (records * 1_000) / (asOfMs - earlier.asOfMs)
  }
  return rate
}

function lagOf(
  label: string,
  tasks: readonly TopologyTask[],
  applicationId: string,
): number | undefined {
  let lag: number | undefined
  for (const { inputs } of tasks) {
    for (const input of inputs) {
      if (input.topic !== label && input.topic !== `${applicationId}-${label}`) continue
      lag = (lag ?? 0) + (input.lag ?? 0)
    }
  }
  return lag
}

function storeFigures(name: string, tasks: readonly TopologyTask[]): BoxFigures {
  const stores = tasks.flatMap((task) => task.stores).filter(({ store }) => store === name)
  const bytes = stores.reduce((sum, store) => sum + store.bytes, 0)
  const restoring = stores.flatMap(({ restore }) => restore ?? [])
  if (restoring.length === 0) return { bytes }
  const total = restoring.reduce((sum, one) => sum + one.total, 0)
  const restored = restoring.reduce((sum, one) => sum + one.restored, 0)
  const rates = restoring.flatMap(({ recordsPerSecond }) => recordsPerSecond ?? [])
  const waits = restoring.flatMap(({ secondsLeft }) => secondsLeft ?? [])
  return {
    bytes,
    restore: {
      share: total === 0 ? 1 : Math.min(1, restored / total),
      recordsPerSecond: rates.length === 0 ? undefined : rates.reduce((sum, each) => sum + each, 0),
      secondsLeft: waits.length === 0 ? undefined : Math.max(...waits),
    },
  }
}
