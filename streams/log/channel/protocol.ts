import type { ErrorPlace } from '../../errors.ts'
import type {
  GroupConsumerOptions,
  GroupMember,
  GroupMetadata,
  LogAdmin,
  MemberAssignment,
  OffsetCommit,
  PartitionReaderOptions,
  ProducerOptions,
  TopicPartition,
  TransactionalProducerOptions,
} from '../log.ts'

/** Producers, consumers and readers of a channel; numbered by the client. */
export type Target = number

export type Position = TopicPartition & { readonly offset: number }

/** Records of one partition: a batch between two places in the bytes beside it; none where only the position moves on. */
export interface PackedRecords extends TopicPartition {
  readonly start: number
  readonly end: number
}

export interface PackedFetch extends PackedRecords {
  /** Of the client's last seek that was heard before these were read. */
  readonly epoch: number
  readonly nextOffset: number
  readonly endOffset: number
}

/** What can be cloned of the options of a member; its functions are asked for. */
export interface MemberOptions
  extends Omit<GroupConsumerOptions, 'assignor' | 'userData' | 'onAssigned' | 'onRevoked'> {
  /** The name of the member's own one. */
  readonly assignorName?: string
}

/** Answered by the server, in any order. */
export type Call =
  | { readonly name: 'admin'; readonly method: keyof LogAdmin; readonly args: readonly unknown[] }
  | { readonly name: 'open-producer'; readonly target: Target; readonly options: ProducerOptions }
  | {
      readonly name: 'open-transactional'
      readonly target: Target
      readonly options: TransactionalProducerOptions
    }
  | { readonly name: 'open-consumer'; readonly target: Target; readonly options: MemberOptions }
  | {
      readonly name: 'open-reader'
      readonly target: Target
      readonly options: PartitionReaderOptions
    }
  | {
      readonly name: 'send'
      readonly target: Target
      readonly appends: readonly PackedRecords[]
      readonly bytes: ArrayBuffer
    }
  | { readonly name: 'init' | 'commit' | 'abort' | 'rejoin' | 'fetch'; readonly target: Target }
  | {
      readonly name: 'send-offsets'
      readonly target: Target
      readonly group: GroupMetadata
      readonly offsets: readonly OffsetCommit[]
    }
  | {
      readonly name: 'assign'
      readonly target: Target
      readonly positions: readonly Position[]
      readonly epoch: number
    }
  | {
      readonly name: 'committed'
      readonly target: Target
      readonly partitions: readonly TopicPartition[]
    }
  | {
      readonly name: 'commit-offsets'
      readonly target: Target
      readonly offsets: readonly OffsetCommit[]
    }
  | { readonly name: 'close'; readonly target: Target; readonly leaveGroup: boolean }
  | { readonly name: 'close-all' }

/** Not answered: what goes wrong shows at the next call. */
export type Notice =
  | { readonly name: 'begin'; readonly target: Target }
  | {
      readonly name: 'seek'
      readonly target: Target
      readonly position: Position
      readonly epoch: number
    }
  | {
      readonly name: 'pause' | 'resume'
      readonly target: Target
      readonly partitions: readonly TopicPartition[]
    }
  /** So many bytes more may be read ahead; negative: fewer. */
  | { readonly name: 'credit'; readonly target: Target; readonly bytes: number }

export type ClientMessage =
  | { readonly kind: 'call'; readonly id: number; readonly call: Call }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'answer'; readonly ask: number; readonly value: unknown }
  /** The member's function has thrown; the client keeps what. */
  | { readonly kind: 'refusal'; readonly ask: number }

/** What is asked of a member's own functions. */
export type Question =
  | {
      readonly name: 'assign'
      readonly members: readonly GroupMember[]
      readonly counts: ReadonlyMap<string, number>
    }
  | { readonly name: 'user-data' }
  | {
      readonly name: 'assigned'
      readonly partitions: readonly TopicPartition[]
      readonly userData: Uint8Array
      /** All that it has, and as whom. */
      readonly assignment: readonly TopicPartition[]
      readonly metadata: GroupMetadata
    }
  | {
      readonly name: 'revoked'
      readonly partitions: readonly TopicPartition[]
      readonly lost: boolean
    }

export type Assignments = ReadonlyMap<string, MemberAssignment>

export type ServerMessage =
  | { readonly kind: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: ChannelFailure }
  | {
      readonly kind: 'ask'
      readonly ask: number
      readonly target: Target
      readonly question: Question
    }
  | {
      readonly kind: 'records'
      readonly target: Target
      readonly fetched: readonly PackedFetch[]
      readonly bytes: ArrayBuffer
    }
  /** Reading ahead has ended with it; the next poll begins again. */
  | { readonly kind: 'fetch-failure'; readonly target: Target; readonly failure: ChannelFailure }

/** An error without its class, which threads cannot hand each other. */
export type ChannelFailure =
  | {
      readonly kind: 'streams'
      readonly code: string
      readonly message: string
      readonly place: ErrorPlace
      readonly remedy: string
      readonly cause: string | undefined
    }
  | { readonly kind: 'other'; readonly message: string; readonly stack: string | undefined }
  /** What a function of the client has thrown. */
  | { readonly kind: 'refused'; readonly ask: number }

/** What each part of a fetch counts for, beyond its bytes. */
export const FETCH_OVERHEAD_BYTES = 64

/** Bytes read ahead for a poll; a poll of the log behind it brings at most half of that. */
export const windowBytes = (bufferedBytesMax: number | undefined): number =>
  Math.min(bufferedBytesMax ?? WINDOW_BYTES, WINDOW_BYTES)

const WINDOW_BYTES = 1024 * 1024
