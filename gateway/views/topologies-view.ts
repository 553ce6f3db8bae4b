import type { TaskReport, TopologiesEnvelope, TopologyReported } from '#avro'
import type { Clock } from '#streams'
import type {
  TopologyDiagram,
  TopologyGlobalStore,
  TopologyInstance,
  TopologyStatus,
  TopologySummary,
  TopologyTask,
} from '../protocol.ts'

/** A topology's graph, and its digest as processes report theirs. */
export interface DrawnTopology {
  readonly diagram: TopologyDiagram
  readonly digest: string
}

/** Processes report at least every 10 s. */
const SILENT_AFTER_MS = 15_000
const GONE_AFTER_MS = 60_000

const NO_DIAGRAM: TopologyDiagram = { width: 0, height: 0, boxWidth: 0, boxHeight: 0, frames: [] }

/** One process's last report of one topology. */
interface Instance {
  readonly report: TopologyReported
  /** By the process's own clock. */
  readonly reportedMs: number
  /** By the gateway's monotonic clock, when the report was made. */
  readonly heardMs: number
}

interface Task extends TopologyTask {
  readonly silent: boolean
}

export interface TopologiesViewOptions {
  readonly clock: Clock
  /** At most so many reports; what comes then is counted and left out. */
  readonly instancesMax: number
  readonly graphs: ReadonlyMap<string, DrawnTopology>
}

/**
 * What all processes run, from their reports: those of one application are merged. A task that moves may for a moment be in the reports of
 * two processes: the younger one counts. A process that is not heard of for 15 s is called silent, with the tasks that nobody has taken over;
 * after a minute it is left out.
 */
export class TopologiesView {
  readonly #options: TopologiesViewOptions
  readonly #instances = new Map<string, Instance>()
  #leftOut = 0

  constructor(options: TopologiesViewOptions) {
    this.#options = options
  }

  get leftOut(): number {
    return this.#leftOut
  }

  /**
   * @param isReplayed the report was there before the view was: how old it is, only the clocks of two machines can tell. That of a report that
   *   comes in is the gateway's alone.
   */
  apply(
    key: string,
    event: TopologiesEnvelope | undefined,
    { isReplayed }: { readonly isReplayed: boolean },
  ): void {
    if (event === undefined) {
      this.#instances.delete(key)
      return
    }
    const { clock, instancesMax } = this.#options
    if (!this.#instances.has(key) && this.#instances.size >= instancesMax) this.#forgetGone()
    if (!this.#instances.has(key) && this.#instances.size >= instancesMax) {
      this.#leftOut += 1
      return
    }
    const ageMs = isReplayed ? Math.max(0, clock.nowMs() - event.occurredAt) : 0
    this.#instances.set(key, {
      report: event.payload,
      reportedMs: event.occurredAt,
      heardMs: clock.monotonicMs() - ageMs,
    })
  }

  list(): readonly TopologySummary[] {
    this.#forgetGone()
    return this.#names().map((name) => summaryOf(this.#merged(name)))
  }

  status(topology: string): TopologyStatus | undefined {
    this.#forgetGone()
    const merged = this.#merged(topology)
    if (merged.instances.length === 0) return undefined
    const { instances, tasks } = merged
    return {
      ...summaryOf(merged),
      asOfMs: this.#options.clock.nowMs(),
      error: instances.find(({ error }) => error !== null)?.error ?? null,
      diagram: this.#options.graphs.get(topology)?.diagram ?? NO_DIAGRAM,
      instanceList: instances,
      taskList: tasks.map(({ silent: _, ...task }) => task),
      globalStores: globalStoresOf(merged.reports),
    }
  }

  /** In the order of the graphs, then by name. */
  #names(): readonly string[] {
    const names = new Set([...this.#instances.values()].map(({ report }) => report.topology))
    const drawn = [...this.#options.graphs.keys()].filter((name) => names.delete(name))
    return [...drawn, ...[...names].sort()]
  }

  #merged(topology: string): Merged {
    const found = [...this.#instances.values()]
      .filter(({ report }) => report.topology === topology)
      .sort((a, b) => (nameOf(a.report) < nameOf(b.report) ? -1 : 1))
    const digest = this.#options.graphs.get(topology)?.digest
    const nowMs = this.#options.clock.monotonicMs()
    const shown = found.map((one) => {
      const ageMs = Math.round(nowMs - one.heardMs)
      return { ...one, ageMs, silent: ageMs > SILENT_AFTER_MS }
    })
    return {
      topology,
      reports: found.map(({ report }) => report),
      instances: shown.map(({ report, ageMs, silent }) => ({
        instance: nameOf(report),
        processId: report.processId,
        version: report.version,
        state: silent ? `${report.state} when last heard of` : report.state,
        error: report.error,
        ageMs,
        silent,
        sameGraph: report.graph === digest,
        tasks: report.taskList.length + report.tasksLeftOut,
        tasksLeftOut: report.tasksLeftOut,
      })),
      tasks: latestTasks(
        [...shown]
          .sort((a, b) => a.ageMs - b.ageMs)
          .flatMap(({ report, reportedMs, silent }) =>
            report.taskList.map((task) => shownTask(task, { report, reportedMs, silent })),
          ),
      ),
    }
  }

  #forgetGone(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [key, { heardMs }] of this.#instances) {
      if (nowMs - heardMs > GONE_AFTER_MS) this.#instances.delete(key)
    }
  }
}

interface Merged {
  readonly topology: string
  readonly reports: readonly TopologyReported[]
  readonly instances: readonly TopologyInstance[]
  readonly tasks: readonly Task[]
}

function nameOf({ host, pid }: TopologyReported): string {
  return `${host}/${pid}`
}

function summaryOf({ topology, reports, instances, tasks }: Merged): TopologySummary {
  const active = tasks.filter(({ role }) => role === 'ACTIVE')
  return {
    topology,
    applicationId: reports[0]?.applicationId ?? '',
    state: stateOf(reports, instances),
    instances: instances.length,
    tasks: active.length,
    runningTasks: active.filter(({ state, silent }) => state === 'RUNNING' && !silent).length,
    lag: active.flatMap(({ inputs }) => inputs).reduce((sum, { lag }) => sum + (lag ?? 0), 0),
  }
}

function stateOf(
  reports: readonly TopologyReported[],
  instances: readonly TopologyInstance[],
): string {
  const silent = instances.filter((one) => one.silent).length
  const heard = reports.filter((_, index) => instances[index]?.silent === false)
  const judged = heard.length === 0 ? reports : heard
  const state = judged.find((one) => one.state !== 'RUNNING')?.state ?? 'RUNNING'
  return silent === 0 ? state : `${state}, ${silent} of ${instances.length} instances silent`
}

/** @param tasks those of the youngest report first */
function latestTasks(tasks: readonly Task[]): readonly Task[] {
  const active = new Set<string>()
  return tasks
    .filter(({ taskId, role }) => {
      if (role === 'STANDBY') return true
      const isFirst = !active.has(taskId)
      active.add(taskId)
      return isFirst
    })
    .sort(
      (a, b) =>
        a.subTopologyId - b.subTopologyId ||
        a.partition - b.partition ||
        (a.role === b.role ? 0 : a.role < b.role ? -1 : 1) ||
        (a.instance < b.instance ? -1 : 1),
    )
}

function shownTask(
  task: TaskReport,
  from: {
    readonly report: TopologyReported
    readonly reportedMs: number
    readonly silent: boolean
  },
): Task {
  // `<sub-topology>_<partition>`
  const [subTopologyId = 0, partition = 0] = task.taskId.split('_').map(Number)
  const { taskId, role, state, thread, nodes, inputs, stores } = task
  return {
    taskId,
    subTopologyId,
    partition,
    role,
    state: from.silent ? `${state} when last heard of` : state,
    instance: nameOf(from.report),
    thread,
    asOfMs: from.reportedMs,
    nodes,
    inputs,
    stores,
    silent: from.silent,
  }
}

function globalStoresOf(reports: readonly TopologyReported[]): readonly TopologyGlobalStore[] {
  const byName = new Map<string, TopologyGlobalStore>()
  for (const one of reports.flatMap(({ globalStores }) => globalStores)) {
    if ((byName.get(one.store)?.bytes ?? -1) < one.bytes) byName.set(one.store, one)
  }
  return [...byName.values()]
}
