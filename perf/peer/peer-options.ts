import { z } from 'zod'
import type { BenchOptions } from '../scenario.ts'

export const peerOption = {
  schema: z.boolean().default(false),
  doc: 'Also measures Kafka Streams on the JVM, in turn with Orion (needs ../shared/peer, or ORION_SHARED, Java 17 and Maven).',
}

export const roundsOption = (fallback: number) => ({
  schema: z.coerce.number().int().min(1).max(100).default(fallback),
  doc: 'Times that each side is measured, in turn; figures are medians.',
})

/** Of everything that is measured beside Kafka Streams. */
export const comparisonOptions = {
  threads: {
    schema: z.coerce.number().int().min(1).max(64).default(1),
    doc: 'Stream threads of each side.',
  },
  partitions: {
    schema: z.coerce.number().int().min(1).max(64).default(4),
    doc: 'Partitions of every topic.',
  },
} as const satisfies BenchOptions

const CACHING = z.enum(['on', 'off'])

/** What spares work between commits. Orion's stores log the last value of a key per commit in any case; Kafka Streams' do so with `on` only. */
export const cachingOption = {
  schema: CACHING.default('on'),
  doc: 'Record caches of both sides. With on, Kafka Streams too logs a key once per commit at most, as Orion does in any case; every update is put out either way.',
}

export const windowsCachingOption = {
  schema: CACHING.default('off'),
  doc: 'Record caches of both sides: with on, updates of a window between two commits come out as one.',
}
