/**
 * The log port: what the runtime needs of a replicated, transactional, partitioned log. Two adapters
 * implement it (`embedded/`, `kafka/`) and one contract suite holds both to the same behaviour.
 *
 * Offsets and timestamps are plain numbers: Kafka's are int64, but 2^53 records of one partition, or
 * milliseconds since the epoch, are out of reach, and bigint arithmetic per record is not free. An adapter
 * refuses a value beyond `Number.MAX_SAFE_INTEGER`.
 */
export interface Log {
  readonly admin: LogAdmin
  /** Idempotent producer without transactions; used by feeds and under `at_least_once`. */
  createProducer(options: ProducerOptions): Promise<Producer>
  /** Producer with transactions. Call `init` before the first `begin`: it fences every predecessor. */
  createTransactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer>
  createGroupConsumer(options: GroupConsumerOptions): Promise<GroupConsumer>
  /** Reads chosen partitions without joining a group: restores, global tables, views, tools. */
  createPartitionReader(options: PartitionReaderOptions): Promise<PartitionReader>
  /** Whether calls wait for brokers, and why: for readiness. Absent where the log is part of this process. */
  health?(): LogHealth
  close(): Promise<void>
}

export type LogHealth =
  | { readonly waiting: false }
  | {
      readonly waiting: true
      /** The call that waits longest, and how many wait with it. */
      readonly waitingMs: number
      readonly calls: number
      /** What was asked, what came of it, which brokers are away. */
      readonly why: string
    }

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A header's name may repeat, as in Kafka; order is kept. */
export type Header = readonly [name: string, value: Uint8Array | null]

export interface LogRecord {
  readonly offset: number
  /** Create time, ms since the epoch. */
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
}

export interface ProducerRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers?: readonly Header[]
}

/** Records for one partition, in order. Partitions are always chosen by the caller (`partitionFor`). */
export interface PartitionAppend extends TopicPartition {
  readonly records: readonly ProducerRecord[]
}

/** Where an append landed. `lastOffset - baseOffset + 1` is the number of records. */
export interface AppendResult extends TopicPartition {
  readonly baseOffset: number
  readonly lastOffset: number
}

/** Consecutive records of one partition. `nextOffset` counts what was skipped too (aborted records, control records). */
export interface FetchedBatch extends TopicPartition {
  readonly records: readonly LogRecord[]
  readonly nextOffset: number
  /** End of the partition as a reader of this isolation may see it (last stable offset under read_committed). */
  readonly endOffset: number
}

export type Isolation = 'read_committed' | 'read_uncommitted'

export interface ProducerOptions {
  readonly clientId: string
  readonly compression?: 'none' | 'gzip'
}

export interface Producer {
  /**
   * Appends; resolves when the log has acknowledged all of it.
   * @throws {StreamsError} LOG_RECORD_TOO_LARGE, LOG_UNKNOWN_TOPIC, LOG_UNAVAILABLE (retries are spent; nothing more is in flight)
   */
  send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]>
  close(): Promise<void>
}

export interface TransactionalProducerOptions extends ProducerOptions {
  /** Stable per task: a second producer with this id fences the first. */
  readonly transactionalId: string
  /** The log aborts a transaction that is open for longer. */
  readonly transactionTimeoutMs: number
}

/** Offsets of a group that become visible with the transaction. */
export interface OffsetCommit extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number
  /** Free text kept with the offset, at most 4,096 bytes. */
  readonly metadata?: string
}

/**
 * After any rejected call other than LOG_FENCED the outcome may be unknown: call `init` again before anything else, then
 * read back the committed offsets. `init` completes or aborts whatever was left.
 */
export interface TransactionalProducer {
  /** Fences predecessors with the same transactional id, and ends their open transactions. */
  init(): Promise<void>
  begin(): Promise<void>
  /** May be called several times in a transaction. @throws {StreamsError} LOG_FENCED, LOG_OUTCOME_UNKNOWN, and those of `Producer.send` */
  send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]>
  /** May be called while a `send` is under way. */
  sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void>
  /** Once every call of the transaction has ended. @throws {StreamsError} LOG_FENCED (another owner took over; drop all state) or LOG_OUTCOME_UNKNOWN */
  commit(): Promise<void>
  abort(): Promise<void>
  close(): Promise<void>
}

/** Identifies a member at a generation, so that offsets of a zombie member are refused where the log can tell. */
export interface GroupMetadata {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
  /** Of a static member. */
  readonly groupInstanceId?: string
}

export interface GroupMember {
  readonly memberId: string
  /** Of a static member: stays the same over restarts. */
  readonly groupInstanceId?: string
  readonly topics: readonly string[]
  /** What the member said of itself (`GroupConsumerOptions.userData`). */
  readonly userData: Uint8Array
  /** Partitions that the member holds on to while it joins; none under eager rebalancing. */
  readonly owned: readonly TopicPartition[]
}

/** What an assignor decides for one member. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[]
  /** Handed to the member's `onAssigned`. */
  readonly userData?: Uint8Array
}

/** Runs on one member and decides for all. Must be deterministic. */
export interface PartitionAssignor {
  readonly name: string
  assign(
    members: readonly GroupMember[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment>
}

/**
 * `eager`: every member gives up everything before each new assignment. `cooperative`: members keep and poll what they own during a
 * rebalance and give up only what goes. What moves from a living owner is withheld from the new one until the owner has given it up;
 * a rebalance that follows by itself hands it out.
 */
export type RebalanceProtocol = 'eager' | 'cooperative'

export interface GroupConsumerOptions {
  readonly clientId: string
  readonly groupId: string
  readonly topics: readonly string[]
  readonly assignor?: PartitionAssignor
  /** The same for all members of a group. Default `eager`. */
  readonly rebalance?: RebalanceProtocol
  /**
   * Makes the member static: whoever joins with the same id within the session timeout takes its place and partitions, without a
   * rebalance. Of two living members with one id the older one is put out: LOG_INSTANCE_FENCED.
   */
  readonly groupInstanceId?: string
  /** Asked at every join. */
  readonly userData?: () => Uint8Array
  readonly isolation?: Isolation
  readonly onMissingOffset?: 'earliest' | 'latest'
  /**
   * Where assigned partitions begin. `committed` (the default) waits until no open transaction holds an offset of the group. With `sought` nothing is
   * asked: partitions are paused in `onAssigned` and sought before they are resumed, so that the owner can first end what a predecessor left.
   */
  readonly positions?: 'committed' | 'sought'
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  /** Bytes fetched ahead of `poll`, over all partitions; fetching stops there. */
  readonly bufferedBytesMax?: number
  /**
   * Called from within `poll`, before records of these partitions are delivered. Seek here to start elsewhere than at the
   * committed offset. Under cooperative rebalancing it is called after every rebalance, with the partitions that are new here (perhaps
   * none). `userData` is what the assignor has for this member, empty if nothing.
   */
  readonly onAssigned?: (
    partitions: readonly TopicPartition[],
    userData: Uint8Array,
  ) => Promise<void>
  /**
   * Called from within `poll` or `close`, before the partitions can go to another member; after it no record of them is
   * delivered. `lost` means they may already have another owner: do not commit.
   */
  readonly onRevoked?: (partitions: readonly TopicPartition[], lost: boolean) => Promise<void>
}

export interface GroupConsumer {
  /** Joins on first use. Resolves with what is buffered, or after `maxWaitMs` with what came, perhaps nothing. */
  poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]>
  assignment(): readonly TopicPartition[]
  seek(partition: TopicPartition, offset: number): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  groupMetadata(): GroupMetadata
  /** Committed offsets of the group; `undefined` where there are none. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly (OffsetCommit | undefined)[]>
  /** Commits outside of a transaction. */
  commit(offsets: readonly OffsetCommit[]): Promise<void>
  /** Asks for a new assignment (new user data, say). */
  rejoin(): Promise<void>
  /** `leaveGroup` (default true) gives the place up at once. Without it the place, and what is assigned to it, is kept until the session ends. */
  close(options?: { readonly leaveGroup?: boolean }): Promise<void>
}

export interface PartitionReaderOptions {
  readonly clientId: string
  readonly isolation?: Isolation
  readonly bufferedBytesMax?: number
}

export interface PartitionReader {
  /** Replaces what is read. Offsets before the log's start are moved to it. */
  assign(positions: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>
  poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]>
  close(): Promise<void>
}

export type CleanupPolicy = 'delete' | 'compact' | 'compact,delete'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly cleanup: CleanupPolicy
  /** -1: no bound by time. Retention by time counts append time where the log can, never event time of past years. */
  readonly retentionMs: number
  /**
   * Of one partition; -1: no bound by size. Where all is compacted it takes nothing away: the embedded log then compacts early, and the
   * compaction lag yields; Kafka knows no such bound.
   */
  readonly retentionBytes: number
  readonly minCompactionLagMs?: number
  readonly replicationFactor?: number
}

export interface TopicDescription extends NewTopic {
  readonly replicationFactor: number
}

export type OffsetQuery = 'earliest' | 'latest' | 'stable' | { readonly timestampMs: number }

export interface GroupDescription {
  readonly groupId: string
  readonly state: 'empty' | 'rebalancing' | 'stable' | 'dead'
  readonly members: readonly { readonly memberId: string; readonly clientId: string }[]
}

export interface LogAdmin {
  /** Creates those that do not exist; returns the names it created. @throws {StreamsError} LOG_TOPIC_DIFFERS when one exists with another partition count */
  createTopics(topics: readonly NewTopic[]): Promise<readonly string[]>
  deleteTopics(topics: readonly string[]): Promise<void>
  listTopics(): Promise<readonly string[]>
  /** @throws {StreamsError} LOG_UNKNOWN_TOPIC */
  describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]>
  /**
   * `latest` is the end of the log, `stable` the last stable offset (the end for readers of committed records). By timestamp: the
   * first offset whose timestamp is at least that, the end where there is none.
   */
  offsets(partitions: readonly TopicPartition[], at: OffsetQuery): Promise<readonly number[]>
  listGroups(): Promise<readonly string[]>
  describeGroup(groupId: string): Promise<GroupDescription>
  groupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]>
  /** @throws {StreamsError} LOG_GROUP_ACTIVE while members are in the group */
  setGroupOffsets(groupId: string, offsets: readonly OffsetCommit[]): Promise<void>
  deleteGroup(groupId: string): Promise<void>
  /** Deletes records before these offsets. */
  truncate(positions: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>
}
