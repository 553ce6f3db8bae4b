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

/** Figures by box of the diagram: `boxKey`. Rates come from the difference between two readings. */
export function topologyFigures(
  now: TopologyStatus,
  before: TopologyStatus | undefined,
): ReadonlyMap<string, BoxFigures> {
  const figures = new Map<string, BoxFigures>()
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
        figures.set(key, { recordsPerSecond: rateOf(name, active, now, before) })
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

/** A task that moved or began anew counts from its beginning: its count is then smaller than before. */
function rateOf(
  node: string,
  tasks: readonly TopologyTask[],
  now: TopologyStatus,
  before: TopologyStatus | undefined,
): number | undefined {
  const elapsedMs = before === undefined ? 0 : now.asOfMs - before.asOfMs
  if (before === undefined || elapsedMs <= 0) return undefined
  let records = 0
  for (const { taskId, nodes } of tasks) {
    const count = nodes[node] ?? 0
    const earlier = before.taskList.find((task) => task.taskId === taskId && task.role === 'ACTIVE')
      ?.nodes[node]
    records += earlier === undefined || earlier > count ? 0 : count - earlier
  }
  return (records * 1_000) / elapsedMs
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
