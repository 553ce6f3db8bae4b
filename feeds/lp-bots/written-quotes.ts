import type { QuotesEnvelope } from '#avro'
import type { Log } from '#streams/log'
import type { Topic } from '#topics'

/** A sender's clock may have been this far behind. */
const CLOCK_SLACK_MS = 1_000

/** Quotes of a partition that were written since then, uncommitted ones included. rfq.quotes is partitioned as rfq.lifecycle is. */
export async function readWrittenQuotes(
  log: Log,
  topic: Topic<QuotesEnvelope>,
  { partition, sinceMs }: { readonly partition: number; readonly sinceMs: number },
  onQuote: (quote: QuotesEnvelope) => void,
): Promise<void> {
  const place = { topic: topic.name, partition }
  const [[start = 0], [end = 0]] = await Promise.all([
    log.admin.offsets([place], { timestampMs: sinceMs - CLOCK_SLACK_MS }),
    log.admin.offsets([place], 'latest'),
  ])
  if (start >= end) return
  const reader = await log.createPartitionReader({
    clientId: 'orion-lp-bots-written',
    isolation: 'read_uncommitted',
  })
  try {
    await reader.assign([{ ...place, offset: start }])
    let next = start
    while (next < end) {
      for (const { records, nextOffset } of await reader.poll({ maxWaitMs: 200 })) {
        for (const { value } of records) {
          if (value === null) continue
          try {
            await topic.valueSerde.pending?.(value)
            onQuote(topic.valueSerde.deserialize(topic.name, value))
          } catch {
            // Not one of ours: bots write what they can read.
          }
        }
        next = nextOffset
      }
    }
  } finally {
    await reader.close()
  }
}
