import type { DeployedDiff } from '#streams/tools'
import type { ReplayedDeadLetter } from './dead-letter-replay.ts'
import type { DeadLetterDetail, DeadLetterSummary, ReplayArgs } from './dead-letter-tools.ts'
import type { DeadLetterFilter, DeadLetterPlace } from './dead-letters.ts'
import type { ReplayRow, TopologyReplayArgs } from './replay-tools.ts'
import type { ResetArgs, ResetRow } from './topology-tools.ts'

/**
 * What the operator's commands ask of an Orion installation, whether it is running (through the socket in its data directory)
 * or not (the directory is opened for the command). Every method yields plain JSON values, one a line.
 */
export interface Operator {
  topicsList(args: Record<string, never>): AsyncIterable<TopicSummary>
  topicDescribe(args: { readonly topic: string }): AsyncIterable<TopicDetail>
  topicTail(args: TailArgs): AsyncIterable<TailedRecord>
  topicCreate(args: {
    readonly topic: string
    readonly partitions: number
    readonly cleanup: 'delete' | 'compact'
  }): AsyncIterable<{ readonly topic: string; readonly created: boolean }>
  storeList(args: { readonly topology?: string }): AsyncIterable<StoreSummary>
  storeGet(args: StoreRangeArgs & { readonly key: string }): AsyncIterable<StoreRow>
  storeRange(args: StoreRangeArgs & { readonly limit: number }): AsyncIterable<StoreRow>
  storeChecksum(args: StoreArgs): AsyncIterable<StoreChecksum>
  storeCompare(args: StoreArgs): AsyncIterable<StoreComparison>
  topologyList(args: Record<string, never>): AsyncIterable<TopologySummary>
  topologyDiff(args: { readonly topology: string }): AsyncIterable<DeployedDiff>
  topologyReset(args: ResetArgs): AsyncIterable<ResetRow>
  topologyReplay(args: TopologyReplayArgs): AsyncIterable<ReplayRow>
  dlqList(args: DeadLetterFilter & { readonly limit: number }): AsyncIterable<DeadLetterSummary>
  dlqShow(place: DeadLetterPlace): AsyncIterable<DeadLetterDetail>
  dlqReplay(args: ReplayArgs): AsyncIterable<ReplayedDeadLetter>
  sinkCheck(args: Record<string, never>): AsyncIterable<Readonly<Record<string, unknown>>>
  ports(args: Record<string, never>): AsyncIterable<RunningPorts>
}

export interface TopicSummary {
  readonly topic: string
  readonly partitions: number
  readonly cleanup: string
  readonly records: number
}

export interface TopicDetail {
  readonly topic: string
  readonly partition: number
  readonly earliest: number
  readonly latest: number
  readonly cleanup: string
  readonly retentionMs: number
  readonly retentionBytes: number
}

export interface TailArgs {
  readonly topic: string
  /** `earliest`, `latest`, or ms since the epoch. */
  readonly from: 'earliest' | 'latest' | number
  readonly limit?: number
  /** Wait for further records when the end is reached. */
  readonly follow: boolean
}

export interface TailedRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: unknown
}

export interface StoreArgs {
  readonly topology: string
  readonly store: string
  readonly partition?: number
  /** Of a copy made from the changelog, whoever runs the application. */
  readonly fromChangelog?: boolean
}

export interface StoreRangeArgs extends StoreArgs {
  readonly from?: string
  readonly to?: string
  readonly prefix?: string
  readonly fromTimeMs?: number
  readonly toTimeMs?: number
}

export interface TopologySummary {
  readonly topology: string
  readonly application: string
  readonly state: 'running' | 'stopped' | 'reset unfinished'
  readonly threads: number
  readonly tasks: number | null
  readonly lag: number | null
  /** The version that ran last, and the one that answers. */
  readonly deployed: string | null
  readonly here: string
  readonly does: string
}

export interface StoreSummary {
  readonly topology: string
  readonly store: string
  readonly kind: string
  readonly partitions: number
}

export interface StoreRow {
  readonly partition: number
  readonly key: unknown
  readonly windowStartMs?: number
  /** Inclusive; of a session store. */
  readonly sessionEndMs?: number
  readonly value: unknown
}

export interface StoreChecksum {
  readonly store: string
  readonly partition: number
  readonly entries: number
  readonly digest: string
  /** Changelog position that the store corresponds to. */
  readonly offset: number
}

export interface StoreComparison extends StoreChecksum {
  readonly changelogEntries: number
  readonly changelogDigest: string
  /** `moving`: the store went on all the while; ask again. */
  readonly result: 'equal' | 'differs' | 'moving'
}

export interface RunningPorts {
  readonly gateway: number
  readonly sql: number
  readonly registry: number
  readonly pid: number
}
