import { originEvent, type TopologiesEnvelope, type TopologyReported } from '#avro'
import type { Clock, Counter, Logger, Metrics, StreamsMetadata, Timers } from '#streams'
import { type Log, type Producer, partitionFor } from '#streams/log'
import { PLATFORM_TENANT, recordKey, type Topic } from '#topics'
import { drawTopology } from './topology-diagrams.ts'
import { type ReportedTopology, type ReportingProcess, topologyReport } from './topology-report.ts'

const LOOK_EVERY_MS = 2_000
/** What has not changed is told again after that long: silence means that the process is gone. */
const TELL_AGAIN_MS = 10_000
/** Half of what a broker takes in one record unless told otherwise. */
const REPORT_BYTES_MAX = 512 * 1024
/** Time for the farewell; a log that is away does not hold up the end of the process. */
const CLOSE_MS_MAX = 2_000

interface Told {
  readonly text: string
  readonly atMs: number
  /** Whether it differed from the one before. */
  readonly changed: boolean
}

export interface TopologyReporterOptions {
  readonly process: ReportingProcess
  readonly log: Pick<Log, 'createProducer'>
  readonly topic: Topic<TopologiesEnvelope>
  readonly clock: Clock
  readonly timers: Pick<Timers, 'after'>
  readonly logger: Logger
  readonly metrics: Metrics
}

/** What is reported: the topologies of this thread, and what worker threads run of them. */
interface Reported {
  readonly running: readonly ReportedTopology[]
  readonly workers: { metadata(): Promise<readonly StreamsMetadata[]> } | undefined
}

/**
 * Tells on a compacted topic what this process runs, for whoever shows it: every 2 s what has changed, and once more when it has settled
 * (rates are differences of two reports), else every 10 s. A process that ends well takes its reports back; a failed one leaves the last word
 * with its error. What goes wrong here is counted and logged once: processing never waits for it.
 */
export class TopologyReporter {
  readonly #options: TopologyReporterOptions
  readonly #told = new Map<string, Told>()
  readonly #reports: Counter
  readonly #failures: Counter
  #reported: Reported = { running: [], workers: undefined }
  #graphs: ReadonlyMap<string, string> = new Map()
  #producer: Producer | undefined
  #sequence = 0
  #isFailing = false
  #isClosing = false
  #callOff: () => void = () => undefined
  #underWay: Promise<void> = Promise.resolve()

  constructor(options: TopologyReporterOptions) {
    this.#options = options
    this.#reports = options.metrics.counter(
      'orion_topology_reports_total',
      'Reports of the state of a topology that this process has written.',
    )
    this.#failures = options.metrics.counter(
      'orion_topology_report_failures_total',
      'Times that reports could not be made or written.',
    )
  }

  /** The first reports go out at once. */
  start(reported: Reported): void {
    this.#reported = reported
    this.#graphs = new Map(
      reported.running.map(({ name, topology }) => [name, drawTopology(topology).digest]),
    )
    this.#look()
  }

  /** Call when the topologies are closed. Resolves within 2 s. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#callOff()
    const farewell = this.#underWay.then(() => this.#sayFarewell())
    await Promise.race([
      farewell,
      new Promise<void>((resolve) => this.#options.timers.after(CLOSE_MS_MAX, resolve)),
    ])
  }

  #look(): void {
    this.#underWay = this.#guarded(() => this.#report(false)).then(() => {
      if (this.#isClosing) return
      this.#callOff = this.#options.timers.after(LOOK_EVERY_MS, () => this.#look())
    })
  }

  async #report(isLast: boolean): Promise<void> {
    const { running, workers } = this.#reported
    const further = isLast ? [] : ((await workers?.metadata()) ?? [])
    for (const one of running) {
      const graph = this.#graphs.get(one.name) ?? ''
      const report = topologyReport(this.#options.process, one, { graph, further })
      const text = JSON.stringify(report)
      const before = this.#told.get(one.name)
      const atMs = this.#options.clock.monotonicMs()
      const changed = text !== before?.text
      const isDue = before === undefined || before.changed || atMs - before.atMs >= TELL_AGAIN_MS
      if (!changed && !isDue && !isLast) continue
      await this.#send(report.applicationId, this.#encode(report))
      this.#told.set(one.name, { text, atMs, changed })
      this.#reports.add(1)
    }
  }

  async #sayFarewell(): Promise<void> {
    await this.#guarded(async () => {
      const failed = this.#reported.running.filter(({ streams }) => streams.error() !== undefined)
      if (failed.length > 0) {
        await this.#report(true)
      } else {
        for (const { streams } of this.#reported.running) {
          await this.#send(streams.metadata().applicationId, null)
        }
      }
    })
    await this.#producer?.close().catch(() => undefined)
  }

  /** Tasks at the end of the list are left out of a report that would be too large. */
  #encode(report: TopologyReported): Uint8Array {
    const { topic } = this.#options
    const { taskList } = report
    for (let kept = taskList.length; ; kept = Math.floor(kept / 2)) {
      const value = topic.valueSerde.serialize(
        topic.name,
        this.#event({
          ...report,
          taskList: taskList.slice(0, kept),
          tasksLeftOut: taskList.length - kept,
        }),
      )
      if (value.length <= REPORT_BYTES_MAX || kept === 0) return value
    }
  }

  #event(report: TopologyReported): TopologiesEnvelope {
    const { clock, process } = this.#options
    const occurredAt = clock.nowMs()
    this.#sequence += 1
    return originEvent(
      {
        producer: report.topology,
        run: `${process.processId}|${process.pid}|${occurredAt}`,
        tenantId: PLATFORM_TENANT,
      },
      {
        eventType: 'TopologyReported',
        payload: report,
        occurredAt,
        entity: {
          entityType: 'Topology',
          entityId: this.#entityId(report.applicationId),
          sequence: this.#sequence,
        },
      },
    )
  }

  async #send(applicationId: string, value: Uint8Array | null): Promise<void> {
    const { log, topic, clock, process } = this.#options
    this.#producer ??= await log.createProducer({ clientId: `orion-reports-${process.processId}` })
    const key = topic.keySerde.serialize(
      topic.name,
      recordKey(PLATFORM_TENANT, this.#entityId(applicationId)),
    )
    const partition = partitionFor(key, topic.entry.partitions)
    const records = [{ key, value, timestampMs: clock.nowMs() }]
    await this.#producer.send([{ topic: topic.name, partition, records }])
  }

  #entityId(applicationId: string): string {
    return `${applicationId}|${this.#options.process.processId}`
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      if (this.#isFailing) this.#options.logger.info({}, 'topologies are reported again')
      this.#isFailing = false
    } catch (error) {
      this.#failures.add(1)
      if (!this.#isFailing) {
        this.#options.logger.warn(
          { error: String(error) },
          'the state of the topologies cannot be reported; processing goes on',
        )
      }
      this.#isFailing = true
    }
  }
}
