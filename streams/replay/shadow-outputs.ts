import { StreamsError } from '../errors.ts'
import type { Log, PartitionAppend, Producer } from '../log/log.ts'
import type { TopologyPlan } from '../worker/topology-plan.ts'

/** Writes what a replay gives to new topics of another application id, with the partitions of the originals. */
export class ShadowOutputs {
  readonly #log: Log
  readonly #plan: TopologyPlan
  readonly #applicationId: string
  readonly #producer: Producer
  readonly #made = new Set<string>()

  /** @throws {StreamsError} STREAMS_SHADOW_TAKEN when the application id is another's, or one of an earlier shadow */
  static async open(log: Log, plan: TopologyPlan, applicationId: string): Promise<ShadowOutputs> {
    const prefix = `${applicationId}-`
    const existing = await log.admin.listTopics()
    const [taken] = [
      ...existing.filter((topic) => topic.startsWith(prefix)),
      ...(await log.admin.listGroups()).filter((group) => group === applicationId),
    ]
    if (taken !== undefined || applicationId === plan.applicationId)
      throw new StreamsError(
        'STREAMS_SHADOW_TAKEN',
        `the application id ${applicationId} is taken already: there is ${taken ?? 'the recorded run'}`,
        {},
        'Name an application id that nobody uses; delete the topics of an earlier shadow by hand.',
      )
    const producer = await log.createProducer({ clientId: `${applicationId}-shadow` })
    return new ShadowOutputs(log, plan, applicationId, producer)
  }

  private constructor(log: Log, plan: TopologyPlan, applicationId: string, producer: Producer) {
    this.#log = log
    this.#plan = plan
    this.#applicationId = applicationId
    this.#producer = producer
  }

  async write(appends: readonly PartitionAppend[]): Promise<void> {
    if (appends.length === 0) return
    for (const { topic } of appends) await this.#make(topic)
    await this.#producer.send(
      appends.map((append) => ({ ...append, topic: `${this.#applicationId}-${append.topic}` })),
    )
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }

  async #make(topic: string): Promise<void> {
    if (this.#made.has(topic)) return
    this.#made.add(topic)
    let partitions = this.#plan.partitionCounts.get(topic)
    partitions ??= (await this.#log.admin.describeTopics([topic]))[0]?.partitions ?? 1
    const kept = { cleanup: 'delete', retentionMs: -1, retentionBytes: -1 } as const
    await this.#log.admin.createTopics([
      { topic: `${this.#applicationId}-${topic}`, partitions, ...kept },
    ])
  }
}
