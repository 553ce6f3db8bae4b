import type { GroupMetadata, OffsetCommit } from '../log.ts'
import { protocolError, type RawRequest } from './broker-link.ts'
import { ByteWriter } from './byte-writer.ts'
import { PROTOCOL_TYPE } from './group-protocol.ts'
import { readCommitAnswer } from './offset-requests.ts'
import { byTopic } from './partitions.ts'

/** The requests of a group's members, in versions that name static members, which kafkajs' do not. */

export interface JoinRequest {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | undefined
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolName: string
  readonly subscription: Buffer
}

export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly subscription: Buffer
}

export interface JoinAnswer {
  readonly generationId: number
  readonly memberId: string
  readonly leads: boolean
  /** The leader has come back, and the group keeps the assignment it has. */
  readonly skipAssignment: boolean
  readonly members: readonly JoinedMember[]
  /** The broker wants the request again, under the member id it gave. */
  readonly again: boolean
}

const MEMBER_ID_REQUIRED = 79

/** Answered when every member has joined, or the rebalance timeout is over. */
export function joinGroupRequest(request: JoinRequest, timeoutMs: number): RawRequest<JoinAnswer> {
  const body = new ByteWriter()
    .noTags()
    .compactString(request.groupId)
    .int32(request.sessionTimeoutMs)
    .int32(request.rebalanceTimeoutMs)
    .compactString(request.memberId)
    .compactString(request.groupInstanceId ?? null)
    .compactString(PROTOCOL_TYPE)
    .compactArray([request.subscription], (writer, subscription) => {
      writer.compactString(request.protocolName).compactBytes(subscription).noTags()
    })
    .compactString(null)
    .noTags()
  return {
    apiKey: 11,
    apiVersion: 9,
    apiName: 'JoinGroup',
    body,
    timeoutMs,
    read: (reader) => {
      reader.skipTags()
      reader.int32()
      const code = reader.int16()
      if (code !== 0 && code !== MEMBER_ID_REQUIRED) throw protocolError(code)
      const generationId = reader.int32()
      reader.compactString()
      reader.compactString()
      const leader = reader.compactString()
      const skipAssignment = reader.int8() !== 0
      const memberId = reader.compactString() ?? ''
      const members = reader.compactArray(() => {
        const member = {
          memberId: reader.compactString() ?? '',
          groupInstanceId: reader.compactString(),
          subscription: reader.compactBytes(),
        }
        reader.skipTags()
        return member
      })
      const [leads, again] = [leader === memberId, code === MEMBER_ID_REQUIRED]
      return { generationId, memberId, leads, skipAssignment, members, again }
    },
  }
}

/** Answered when the leader has sent what it decided; resolves with this member's part. */
export function syncGroupRequest(
  member: GroupMetadata,
  protocolName: string,
  assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  timeoutMs: number,
): RawRequest<Buffer> {
  const body = new ByteWriter()
    .noTags()
    .compactString(member.groupId)
    .int32(member.generationId)
    .compactString(member.memberId)
    .compactString(member.groupInstanceId ?? null)
    .compactString(PROTOCOL_TYPE)
    .compactString(protocolName)
    .compactArray(assignments, (writer, { memberId, assignment }) => {
      writer.compactString(memberId).compactBytes(assignment).noTags()
    })
    .noTags()
  return {
    apiKey: 14,
    apiVersion: 5,
    apiName: 'SyncGroup',
    body,
    timeoutMs,
    read: (reader) => {
      reader.skipTags()
      reader.int32()
      const code = reader.int16()
      if (code !== 0) throw protocolError(code)
      reader.compactString()
      reader.compactString()
      return reader.compactBytes()
    },
  }
}

export function heartbeatRequest(member: GroupMetadata, timeoutMs: number): RawRequest<void> {
  const body = new ByteWriter()
    .noTags()
    .compactString(member.groupId)
    .int32(member.generationId)
    .compactString(member.memberId)
    .compactString(member.groupInstanceId ?? null)
    .noTags()
  return {
    apiKey: 12,
    apiVersion: 4,
    apiName: 'Heartbeat',
    body,
    timeoutMs,
    read: (reader) => {
      reader.skipTags()
      reader.int32()
      const code = reader.int16()
      if (code !== 0) throw protocolError(code)
    },
  }
}

export function leaveGroupRequest(member: GroupMetadata): RawRequest<void> {
  const body = new ByteWriter()
    .noTags()
    .compactString(member.groupId)
    .compactArray([member], (writer, { memberId, groupInstanceId }) => {
      writer.compactString(memberId).compactString(groupInstanceId ?? null)
      writer.compactString(null).noTags()
    })
    .noTags()
  return {
    apiKey: 13,
    apiVersion: 5,
    apiName: 'LeaveGroup',
    body,
    read: (reader) => {
      reader.skipTags()
      reader.int32()
      const code = reader.int16()
      if (code !== 0) throw protocolError(code)
      reader.compactArray(() => {
        reader.compactString()
        reader.compactString()
        const memberCode = reader.int16()
        if (memberCode !== 0) throw protocolError(memberCode)
        reader.skipTags()
      })
    },
  }
}

export function offsetCommitRequest(
  group: GroupMetadata,
  offsets: readonly OffsetCommit[],
): RawRequest<void> {
  const body = new ByteWriter()
    .noTags()
    .compactString(group.groupId)
    .int32(group.generationId)
    .compactString(group.memberId)
    .compactString(group.groupInstanceId ?? null)
    .compactArray(byTopic(offsets), (writer, [topic, commits]) => {
      writer.compactString(topic)
      writer.compactArray(commits, (each, { partition, offset, metadata }) => {
        each.int32(partition).int64(offset).int32(-1)
        each.compactString(metadata ?? '').noTags()
      })
      writer.noTags()
    })
    .noTags()
  return {
    apiKey: 8,
    apiVersion: 8,
    apiName: 'OffsetCommit',
    body,
    read: readCommitAnswer,
  }
}
