import type { StreamsOptions, SubTopology } from '#streams'
import { type Bug, brokerFaultsOf, type Nuisance } from '../bugs/bugs.ts'
import { Broker } from '../log/broker.ts'
import type { CommittedOffset } from '../log/group-offsets.ts'
import { QUIET } from '../log/network.ts'
import type { Transaction } from '../log/partition.ts'
import { placeName } from '../log/place.ts'
import { SAFE } from '../machine.ts'
import type { SeededRandom } from '../random.ts'
import { Scheduler } from '../scheduler.ts'
import type { InputBatch, Results, Scenario } from '../topologies/scenario.ts'
import { Trace } from '../trace.ts'
import { InvariantBroken } from './broken.ts'
import type { Fault, FaultPlan } from './fault-plan.ts'
import { Instance } from './instance.ts'

export interface WorldOptions {
  readonly scenario: Scenario
  readonly plan: FaultPlan
  readonly random: SeededRandom
  readonly instances: number
  readonly bug: Bug | Nuisance | undefined
  readonly isStatic: boolean
  readonly streams: Partial<StreamsOptions>
}

const CHECK_EVERY_MS = 25
/** At most, until what watches processes starts one again. */
const DOWN_MS = 1_500
const COMPACT_EVERY_MS = 700
/** From the last fault to the end of all work. */
const LIVENESS_MS = 90_000
/** A run that takes more than this is going round in circles. */
const STEPS_MAX = 600_000

export function changelogOf(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

/** One application on one log, its inputs, and what befalls them. */
export class World {
  readonly scheduler = new Scheduler()
  readonly trace: Trace
  readonly broker: Broker
  readonly instances: readonly Instance[]
  readonly applicationId: string
  readonly scenario: Scenario
  readonly #options: WorldOptions
  readonly #latestOwner = new Map<string, number>()
  #broken: InvariantBroken | undefined
  #inputsLeft = 0
  #isHealed = false
  #isClosing = false
  readonly #downtimes: SeededRandom

  constructor(options: WorldOptions) {
    const { scenario, random, bug, plan } = options
    this.#options = options
    this.#downtimes = random.branch('downtimes')
    this.scenario = scenario
    this.applicationId = scenario.topology.name
    this.trace = new Trace(() => this.scheduler.nowMs)
    this.broker = new Broker({
      scheduler: this.scheduler,
      random: random.branch('log'),
      trace: this.trace,
      faults: brokerFaultsOf(bug),
      onCommit: (commit) => this.#committed(commit),
    })
    this.broker.network.faults = plan.network
    this.broker.network.retryForMs = plan.retryForMs
    this.broker.transactions.markDelayMs = plan.markDelayMs
    this.broker.fetchRecordsMax = plan.fetchRecordsMax
    this.broker.createTopics(scenario.topics)
    this.instances = Array.from({ length: options.instances }, (_, index) =>
      this.#instance(`i${index}`),
    )
  }

  /** Until everything is processed after the last fault. @throws {InvariantBroken} */
  async run(): Promise<void> {
    const { plan, scenario } = this.#options
    for (const input of scenario.inputs) this.#schedule(input)
    for (const fault of plan.events) this.scheduler.after(fault.atMs, () => this.#inflict(fault))
    this.#compactLater()
    for (const instance of this.instances) instance.start()
    await this.#until(() => this.scheduler.nowMs >= plan.endMs && this.#inputsLeft === 0)
    this.#heal()
    const untilMs = this.scheduler.nowMs + LIVENESS_MS
    await this.#until(() => {
      if (this.scheduler.nowMs > untilMs) throw this.#notLive()
      return this.#isDone()
    })
  }

  /** Closes every instance. @throws {InvariantBroken} where one does not come to an end */
  async close(): Promise<void> {
    this.#isClosing = true
    let open = 0
    for (const instance of this.instances) {
      if (!instance.isAlive) continue
      open++
      void instance.close().then(() => open--)
    }
    const untilMs = this.scheduler.nowMs + LIVENESS_MS
    await this.#until(() => {
      if (this.scheduler.nowMs > untilMs) {
        throw new InvariantBroken('liveness', 'an instance does not close')
      }
      return open === 0
    })
  }

  results(): Results {
    return {
      output: (topic) =>
        this.broker.partitions(topic).map((partition) => partition.committedRecords()),
    }
  }

  #instance(name: string): Instance {
    const { random, bug, plan, streams, scenario, isStatic } = this.#options
    return new Instance({
      name,
      scheduler: this.scheduler,
      random,
      trace: this.trace,
      broker: this.broker,
      bug,
      isStatic,
      hazards: () => (this.#isHealed ? SAFE : plan.hazards),
      streams: { topology: scenario.topology, applicationId: this.applicationId, ...streams },
      onFailure: (failed, error) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
        this.#break('instances survive', `${failed.name} stopped: ${what}`)
      },
      onDeath: (dead) => {
        if (this.#isClosing) return
        const downMs = this.#isHealed ? 0 : this.#downtimes.next() * DOWN_MS
        this.scheduler.after(downMs, () => dead.start())
      },
    })
  }

  async #until(isOver: () => boolean): Promise<void> {
    let nextMs = this.scheduler.nowMs
    for (;;) {
      if (this.scheduler.nowMs >= nextMs) {
        if (isOver()) return
        nextMs = this.scheduler.nowMs + CHECK_EVERY_MS
      }
      if (!(await this.scheduler.step()))
        throw new InvariantBroken('liveness', 'nothing is left to do')
      if (this.#broken !== undefined) throw this.#broken
      if (this.scheduler.steps > STEPS_MAX) {
        throw new InvariantBroken('liveness', `not done after ${STEPS_MAX} steps`)
      }
    }
  }

  #schedule({ atMs, topic, partition, records, transaction }: InputBatch): void {
    const to = this.broker.partition({ topic, partition })
    // What is there before the application starts.
    if (atMs < 0) {
      to.append(records)
      return
    }
    this.#inputsLeft++
    this.scheduler.after(atMs, () => {
      if (transaction === 'none') {
        to.append(records)
        this.#inputsLeft--
        return
      }
      const open: Transaction = { id: 'input', outcome: 'open' }
      to.append(records, open)
      this.scheduler.after(this.broker.network.latencyMs() * 10, () => {
        open.outcome = transaction
        to.mark(open)
        this.#inputsLeft--
      })
    })
  }

  #compactLater(): void {
    this.scheduler.after(COMPACT_EVERY_MS, () => {
      if (this.#isHealed) return
      this.broker.compact()
      this.#compactLater()
    })
  }

  #inflict({ kind, instance: index, forMs, jumpMs, services }: Fault): void {
    const instance = this.instances[index % this.instances.length] as Instance
    this.trace.add(`fault: ${kind} ${instance.name} for ${forMs.toFixed(0)} ms`)
    const later = (run: () => void) => this.scheduler.after(forMs, run)
    switch (kind) {
      case 'crash':
      case 'crash-and-lose-disk':
        instance.kill()
        if (kind === 'crash-and-lose-disk') instance.loseDisk()
        later(() => instance.start())
        break
      case 'all-crash':
        for (const each of this.instances) each.kill()
        later(() => {
          for (const each of this.instances) each.start()
        })
        break
      case 'pause':
        instance.pause()
        later(() => instance.wake())
        break
      case 'close':
        if (instance.isPaused) break
        void instance.close().then(() => later(() => instance.start()))
        break
      case 'start':
        instance.start()
        break
      case 'away':
        for (const service of services) this.broker.network.away.add(service)
        later(() => {
          for (const service of services) this.#isBack(service)
        })
        break
      case 'clock':
        instance.jump(jumpMs)
        break
      case 'add-thread':
        if (!instance.isPaused) instance.addThread()
        break
      case 'remove-thread':
        if (!instance.isPaused) void instance.removeThread()
        break
      case 'compact':
        this.broker.compact()
        break
    }
  }

  #isBack(service: Fault['services'][number]): void {
    if (this.broker.network.away.delete(service) && service === 'groups') {
      this.broker.groupsAreBack()
    }
  }

  /** No more faults: from here everything has to come to its end by itself. */
  #heal(): void {
    this.trace.add('no more faults')
    this.#isHealed = true
    this.broker.network.faults = QUIET
    for (const service of [...this.broker.network.away]) this.#isBack(service)
    for (const instance of this.instances) {
      instance.heal()
      instance.wake()
      instance.start()
    }
  }

  #isDone(): boolean {
    return (
      this.broker.transactions.openCount === 0 &&
      this.unprocessed().length === 0 &&
      this.instances.every(
        ({ streams }) => streams?.state() === 'RUNNING' && streams.isCommitted(),
      ) &&
      this.#isGroupSettled()
    )
  }

  /** Members that died are forgotten, every task runs somewhere, and those that follow one are at its end. */
  #isGroupSettled(): boolean {
    const { state, members } = this.broker.group(this.applicationId).describe()
    const threads = this.instances.flatMap(({ streams }) => streams?.metadata().threads ?? [])
    const running = threads.flatMap(({ tasks }) => tasks.filter((task) => task.state === 'RUNNING'))
    return (
      state === 'stable' &&
      members.length === threads.length &&
      running.length >= this.#taskCount() &&
      this.#areStandbysUp()
    )
  }

  #taskCount(): number {
    const counts = this.scenario.topology.subTopologies.map((sub) =>
      Math.max(...this.#inputsOf(sub).map((topic) => this.broker.partitions(topic).length)),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Each task with state is followed by as many instances as there are to do so. */
  #areStandbysUp(): boolean {
    const wanted = Math.min(
      this.#options.streams.numStandbyReplicas ?? 0,
      this.instances.length - 1,
    )
    const followed = this.instances.flatMap(({ streams }) =>
      (streams?.metadata().threads ?? []).flatMap(({ standbyTasks }) => standbyTasks),
    )
    for (const sub of this.scenario.topology.subTopologies) {
      if (sub.stores.length === 0) continue
      const [input = ''] = this.#inputsOf(sub)
      for (const { partition } of this.broker.partitions(input)) {
        const taskId = `${sub.id}_${partition}`
        const standbys = followed.filter((standby) => standby.taskId === taskId)
        const areUp = standbys.every(({ stores }) =>
          stores.every(({ store, position }) => {
            const topic = changelogOf(this.applicationId, store)
            return position >= this.broker.partition({ topic, partition }).stableOffset
          }),
        )
        if (standbys.length < wanted || !areUp) return false
      }
    }
    return true
  }

  #inputsOf({ nodes }: SubTopology): readonly string[] {
    return nodes.flatMap((node) =>
      node.kind === 'source' ? node.topics.map((topic) => this.#physical(topic)) : [],
    )
  }

  /** Inputs that are not committed as processed. */
  unprocessed(): readonly string[] {
    const { topology } = this.scenario
    const places: string[] = []
    for (const node of topology.subTopologies.flatMap(({ nodes }) => nodes)) {
      if (node.kind !== 'source') continue
      for (const topic of node.topics.map((name) => this.#physical(name))) {
        for (const partition of this.broker.partitions(topic)) {
          const committed = this.broker.offsets.get(this.applicationId, partition)?.offset ?? 0
          const last = partition.lastCommittedOffset
          if (last >= committed)
            places.push(`${placeName(partition)} at ${committed} of ${last + 1}`)
        }
      }
    }
    return places
  }

  #physical(topic: string): string {
    const repartition = this.scenario.topology.repartitions.find(({ name }) => name === topic)
    if (repartition === undefined) return topic
    return `${this.applicationId}-${topic}-${repartition.suffix ?? 'repartition'}`
  }

  #committed({ groupId, before, after, owner }: CommittedOffset): void {
    const place = placeName(after)
    this.trace.add(`log: ${groupId} ${place} is at ${after.offset}`)
    if (before !== undefined && after.offset < before.offset) {
      this.#break('offsets never go back', `${place} from ${before.offset} to ${after.offset}`)
    }
    if (owner === undefined) return
    const latest = this.#latestOwner.get(place) ?? 0
    if (owner.order < latest) {
      this.#break(
        'a task has one owner that commits',
        `${place}: ${owner.transactionalId}/${owner.epoch} after a later one`,
      )
    }
    this.#latestOwner.set(place, owner.order)
  }

  #break(invariant: string, what: string): void {
    this.#broken ??= new InvariantBroken(invariant, what)
  }

  #notLive(): InvariantBroken {
    const states = this.instances.map(({ name, streams }) => {
      const { state, threads } = streams?.metadata() ?? { state: 'dead', threads: [] }
      const tasks = threads.flatMap(({ tasks: active, standbyTasks }) => [
        ...active.map((task) => `${task.taskId} ${task.state}`),
        ...standbyTasks.map((task) => `${task.taskId} standby ${task.state}`),
      ])
      return `${name} ${state} [${tasks.join(', ')}]`
    })
    const left = [...this.unprocessed(), ...states].join('; ')
    return new InvariantBroken(
      'liveness',
      `not done ${LIVENESS_MS} ms after the last fault: ${left}`,
    )
  }
}
