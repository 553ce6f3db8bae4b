import type { CleanupPolicy, NewTopic, TopicDescription } from '../log.ts'
import type { TopicMetadata } from './cluster-metadata.ts'

export const TOPIC_CONFIG_NAMES = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'min.compaction.lag.ms',
] as const

const NEVER_MS = '9223372036854775807'
const COMPACTED_SEGMENT_BYTES = 50 * 1024 * 1024
const SEGMENT_BYTES = { min: 1024 * 1024, max: 256 * 1024 * 1024 }

/**
 * A topic's configuration. Event times are kept as they are, of past years and, unlike Kafka's default, of the future too (simulations).
 * Kafka counts retention by time from the records' own timestamps: see the README.
 */
export function topicConfig(topic: NewTopic): { name: string; value: string }[] {
  const config: Record<string, string> = {
    'cleanup.policy': topic.cleanup,
    'retention.ms': String(topic.retentionMs),
    'retention.bytes': String(topic.retentionBytes),
    'message.timestamp.type': 'CreateTime',
    'message.timestamp.after.max.ms': NEVER_MS,
    // Segments would roll by event time, and recorded data of several years be open to compaction as soon as it is written.
    'segment.ms': NEVER_MS,
  }
  if (topic.minCompactionLagMs !== undefined) {
    config['min.compaction.lag.ms'] = String(topic.minCompactionLagMs)
  }
  const segmentBytes = segmentSize(topic)
  if (segmentBytes !== undefined) config['segment.bytes'] = String(segmentBytes)
  return Object.entries(config).map(([name, value]) => ({ name, value }))
}

export function describedTopic(
  topic: TopicMetadata,
  entries: readonly { readonly configName: string; readonly configValue: string }[],
): TopicDescription {
  const config = new Map(entries.map((entry) => [entry.configName, entry.configValue]))
  const lagMs = Number(config.get('min.compaction.lag.ms') ?? 0)
  return {
    topic: topic.topic,
    partitions: topic.leaders.length,
    replicationFactor: topic.replicationFactor,
    cleanup: cleanupOf(config.get('cleanup.policy') ?? ''),
    retentionMs: Number(config.get('retention.ms') ?? -1),
    retentionBytes: Number(config.get('retention.bytes') ?? -1),
    ...(lagMs > 0 ? { minCompactionLagMs: lagMs } : {}),
  }
}

/** Only whole segments are deleted or compacted, and never the last one. */
function segmentSize({ cleanup, retentionBytes }: NewTopic): number | undefined {
  if (cleanup !== 'delete') return COMPACTED_SEGMENT_BYTES
  if (retentionBytes < 0) return undefined
  return Math.min(SEGMENT_BYTES.max, Math.max(SEGMENT_BYTES.min, Math.floor(retentionBytes / 4)))
}

function cleanupOf(value: string): CleanupPolicy {
  const policies = value.split(',').map((policy) => policy.trim())
  if (!policies.includes('compact')) return 'delete'
  return policies.includes('delete') ? 'compact,delete' : 'compact'
}
