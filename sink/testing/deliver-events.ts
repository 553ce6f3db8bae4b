import { systemClock } from '#streams'
import type { Topic, Topics } from '#topics'
import type { ClickHouse } from '../clickhouse.ts'
import { deliverRange } from '../deliver-range.ts'
import { sinkSources } from '../sources.ts'

/** Makes rows of events as the sink does, as one range. */
export async function deliverEvents<E extends { readonly occurredAt: number }>(
  clickhouse: ClickHouse,
  topics: Topics,
  topic: Topic<E>,
  events: readonly E[],
): Promise<void> {
  const { name, valueSerde } = topic
  const source = sinkSources(topics).find((each) => each.topic === name)
  if (source === undefined) throw new Error(`${name} is not sunk`)
  const records = events.map((event, offset) => ({
    offset,
    key: null,
    headers: [],
    timestampMs: event.occurredAt,
    value: valueSerde.serialize(name, event),
  }))
  const plan = {
    topic: name,
    partition: 0,
    from: 0,
    to: events.length,
    plannedAtMs: systemClock.nowMs(),
  }
  const { refusals } = await deliverRange(clickhouse, source, plan, records, systemClock)
  const [refused] = refusals
  if (refused !== undefined) throw new Error(`${name} ${refused.record.offset}: ${refused.cause}`)
}
