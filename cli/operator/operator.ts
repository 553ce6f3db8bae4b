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
  storeGet(args: StoreArgs & { readonly key: string }): AsyncIterable<StoreRow>
  storeRange(
    args: StoreArgs & { readonly from?: string; readonly to?: string; readonly limit: number },
  ): AsyncIterable<StoreRow>
  storeChecksum(args: StoreArgs): AsyncIterable<StoreChecksum>
  dlqList(args: {
    readonly service?: string
    readonly limit: number
  }): AsyncIterable<DeadLetterSummary>
  dlqShow(args: {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }): AsyncIterable<DeadLetterDetail>
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

export interface DeadLetterSummary {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly occurredAt: string
  readonly code: string
  readonly cause: string
  readonly source: string
}

export interface DeadLetterDetail extends DeadLetterSummary {
  readonly remedy: string
  readonly consumer: string
  readonly consumerVersion: string
  readonly attempts: number
  readonly stack: string | null
  readonly key: string | null
  readonly valueBase64: string | null
  readonly headers: readonly { readonly name: string; readonly valueBase64: string | null }[]
}

export interface RunningPorts {
  readonly gateway: number
  readonly sql: number
  readonly registry: number
  readonly pid: number
}
