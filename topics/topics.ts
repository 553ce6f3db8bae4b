import {
  avroSerde,
  prepareSchemas,
  type SchemaRegistry,
  type StreamEvents,
  type StreamName,
  streamSchemas,
} from '#avro'
import { type NewTopic, type Serde, StreamsError, stringSerde } from '#streams'
import { CATALOGUE, type StreamEntry } from './catalogue.ts'

/** A topic with what is needed to read and write it. */
export interface Topic<E> {
  readonly name: string
  readonly entry: StreamEntry
  readonly keySerde: Serde<string>
  readonly valueSerde: Serde<E>
}

/** Typed handles, grouped as in the catalogue: `topics.marketdata.ticks`. */
export type Topics = {
  readonly [D in keyof typeof CATALOGUE]: {
    readonly [S in keyof (typeof CATALOGUE)[D]]: (typeof CATALOGUE)[D][S] extends StreamEntry<
      infer N
    >
      ? Topic<StreamEvents[N]>
      : never
  }
}

/** `<env>.<domain>.<stream>.v<major>`, e.g. `dev.marketdata.ticks.v1`. */
export function topicName(env: string, stream: string, major = 1): string {
  if (!/^[a-z][a-z0-9-]*$/.test(env)) {
    throw new StreamsError(
      'TOPICS_ENVIRONMENT_INVALID',
      `"${env}" is not the name of an environment`,
      {},
      'Use lower-case letters, digits and hyphens, a letter first.',
    )
  }
  return `${env}.${stream}.v${major}`
}

/** The topics of one environment. Nothing is created or registered yet: see `newTopics` and `prepareTopics`. */
export function openTopics({
  env,
  registry,
}: {
  readonly env: string
  readonly registry: SchemaRegistry
}): Topics {
  const open = <N extends StreamName>(entry: StreamEntry<N>): Topic<StreamEvents[N]> => ({
    name: topicName(env, entry.stream, entry.major),
    entry,
    keySerde: stringSerde,
    valueSerde: avroSerde<StreamEvents[N]>(streamSchemas[entry.schema], registry),
  })
  const { admin, marketdata, rfq, execution, posttrade, risk, analytics, notify, ops, dlq } =
    CATALOGUE
  return {
    admin: {
      instruments: open(admin.instruments),
      venues: open(admin.venues),
      lps: open(admin.lps),
      limits: open(admin.limits),
      flags: open(admin.flags),
      changes: open(admin.changes),
    },
    marketdata: {
      raw: open(marketdata.raw),
      ticks: open(marketdata.ticks),
      snapshots: open(marketdata.snapshots),
      status: open(marketdata.status),
      bars: open(marketdata.bars),
      marks: open(marketdata.marks),
    },
    rfq: {
      commands: open(rfq.commands),
      lifecycle: open(rfq.lifecycle),
      quotes: open(rfq.quotes),
    },
    execution: { trades: open(execution.trades) },
    posttrade: {
      confirmations: open(posttrade.confirmations),
      settlement: open(posttrade.settlement),
    },
    risk: { alerts: open(risk.alerts), killswitch: open(risk.killswitch) },
    analytics: { tca: open(analytics.tca), 'lp-metrics': open(analytics['lp-metrics']) },
    notify: { inbox: open(notify.inbox) },
    ops: { events: open(ops.events), topologies: open(ops.topologies) },
    dlq: {
      'market-data': open(dlq['market-data']),
      snapshots: open(dlq.snapshots),
      bars: open(dlq.bars),
      sink: open(dlq.sink),
      rfq: open(dlq.rfq),
      execution: open(dlq.execution),
      'post-trade': open(dlq['post-trade']),
      analytics: open(dlq.analytics),
      alerts: open(dlq.alerts),
    },
  }
}

/** Every topic in the order of the catalogue, for code that does not care about their types. */
export function allTopics(topics: Topics): readonly Topic<unknown>[] {
  // A serde is invariant in its events; a reader of the list only hands bytes of the same topic around.
  return Object.values(topics).flatMap(
    (group) => Object.values(group) as unknown as readonly Topic<unknown>[],
  )
}

/** A topic keeps at least this much in each partition: less would lose records before their readers see them. */
const PARTITION_BYTES_MIN = 1024 * 1024

/**
 * What to create, with the byte budget of all topics shared out as the catalogue says.
 * @throws {StreamsError} TOPICS_BUDGET_TOO_SMALL when a partition would get less than 1 MiB
 */
export function newTopics(
  topics: Topics,
  { diskMaxBytes }: { readonly diskMaxBytes: number },
): readonly NewTopic[] {
  return allTopics(topics).map(({ name, entry }) => {
    const { partitions, cleanup, budgetPercent, minCompactionLagMs } = entry
    const share = Math.floor((diskMaxBytes * budgetPercent) / 100 / partitions)
    if (share < PARTITION_BYTES_MIN) {
      throw new StreamsError(
        'TOPICS_BUDGET_TOO_SMALL',
        `${diskMaxBytes} bytes for all topics leave ${share} for a partition`,
        { topic: name },
        `Allow at least ${Math.ceil((PARTITION_BYTES_MIN * partitions * 100) / budgetPercent)} bytes.`,
      )
    }
    return {
      topic: name,
      partitions,
      cleanup,
      retentionMs: -1,
      retentionBytes: share,
      ...(minCompactionLagMs === 0 ? {} : { minCompactionLagMs }),
    }
  })
}

/**
 * Checks the schemas of all topics and registers them, before anything is written.
 * @throws {StreamsError} AVRO_SCHEMA_INCOMPATIBLE: then nothing was registered
 */
export async function prepareTopics(topics: Topics, registry: SchemaRegistry): Promise<void> {
  const all = allTopics(topics)
  await prepareSchemas(
    registry,
    all.map(({ name, entry }) => ({ topic: name, schema: streamSchemas[entry.schema].schema })),
  )
  for (const { name, valueSerde } of all) await valueSerde.prepare?.(name, 'value')
}
