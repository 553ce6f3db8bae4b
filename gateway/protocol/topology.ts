/** `GET /api/v1/admin/topologies`: one line of the list. */
export interface TopologySummary {
  readonly topology: string
  readonly applicationId: string
  /**
   * RUNNING when it is so in every instance, else of one that is not, as Kafka Streams names it: CREATED, REBALANCING, PENDING_SHUTDOWN,
   * NOT_RUNNING, PENDING_ERROR, ERROR; and how many instances are silent.
   */
  readonly state: string
  /** Processes that run it. */
  readonly instances: number
  /** Active ones, of all instances. */
  readonly tasks: number
  readonly runningTasks: number
  /** Records that wait in all inputs. */
  readonly lag: number
}

/** `GET /api/v1/admin/topologies/{name}`: what runs where, and how far it is. */
export interface TopologyStatus extends TopologySummary {
  readonly asOfMs: number
  /** Why it is in ERROR. */
  readonly error: string | null
  /** Of the gateway's version. */
  readonly diagram: TopologyDiagram
  readonly instanceList: readonly TopologyInstance[]
  readonly taskList: readonly TopologyTask[]
  readonly globalStores: readonly TopologyGlobalStore[]
}

/** One process that runs the topology, as of its last report. */
export interface TopologyInstance {
  /** `<host>/<process>` */
  readonly instance: string
  readonly processId: string
  /** Of the program. */
  readonly version: string
  readonly state: string
  readonly error: string | null
  /** Since its last report. */
  readonly ageMs: number
  /** Nothing was heard of it for 15 s; after 60 s it is left out. */
  readonly silent: boolean
  /** Whether it runs the graph that is shown. */
  readonly sameGraph: boolean
  /** Active and standby. */
  readonly tasks: number
  /** Of these, not in the list of tasks: its report would have become too large. */
  readonly tasksLeftOut: number
}

export interface TopologyTask {
  readonly taskId: string
  readonly subTopologyId: number
  readonly partition: number
  readonly role: 'ACTIVE' | 'STANDBY'
  /** CREATED, RESTORING, RUNNING, SUSPENDED, CLOSED; and what it waits for. */
  readonly state: string
  /** Which process has it: `TopologyInstance.instance`. */
  readonly instance: string
  readonly thread: string
  /** When the instance reported it, by its own clock: rates are differences of two reports. */
  readonly asOfMs: number
  /** Records taken by each node since the task began, by name. */
  readonly nodes: Readonly<Record<string, number>>
  readonly inputs: readonly {
    readonly topic: string
    readonly partition: number
    readonly position: number | null
    readonly lag: number | null
  }[]
  readonly stores: readonly TopologyStore[]
}

export interface TopologyStore {
  readonly store: string
  readonly bytes: number
  /** Null once it is restored. */
  readonly restore: {
    readonly restored: number
    readonly total: number
    readonly recordsPerSecond: number | null
    readonly secondsLeft: number | null
  } | null
}

/** Every instance has a copy. */
export interface TopologyGlobalStore {
  readonly store: string
  readonly topic: string
  /** Of the largest copy. */
  readonly bytes: number
}

/** Sizes and places in px. */
export interface TopologyDiagram {
  readonly width: number
  readonly height: number
  readonly boxWidth: number
  readonly boxHeight: number
  readonly frames: readonly {
    readonly title: string
    /** Null: a global store. */
    readonly subTopologyId: number | null
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
    readonly boxes: readonly TopologyBox[]
    /** By index of the boxes. */
    readonly edges: readonly { readonly from: number; readonly to: number }[]
  }[]
}

export interface TopologyBox {
  readonly shape: 'topic' | 'node' | 'store'
  readonly name: string
  readonly x: number
  readonly y: number
}
