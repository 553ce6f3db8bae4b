import { StreamsError } from '#streams'
import type { AvroResolver, AvroType } from './avro-type.ts'
import { type EnvelopeParts, envelopeParts } from './envelope-parts.ts'
import type { AvroSchema } from './schema.ts'
import { WIRE_HEADER_BYTES } from './wire-format.ts'

/** Reads the bytes of one writer's schema. */
export type EnvelopeReader = (bytes: Buffer, topic: string) => DecodedEnvelope

interface DecodedEnvelope {
  eventType: string
  payload: unknown
}

/** One branch of the writer's payload: undefined when our schema does not have it. */
interface BranchReader {
  readonly name: string
  readonly type: AvroType
  readonly resolver: AvroResolver | undefined
}

/** A payload whose record our schema does not declare: consumers skip and count it. */
export const SERDE_UNKNOWN_BRANCH = 'SERDE_UNKNOWN_BRANCH'

/** Reader of bytes that this program's own schema wrote. */
export function ownReader(own: EnvelopeParts): EnvelopeReader {
  const branches = own.branches.map(({ name, type }) => ({ name, type, resolver: undefined }))
  return readerOf(own.reader, undefined, branches, [])
}

/**
 * Reader of bytes that another schema wrote: fields that we do not know are passed over, fields that it lacks get their defaults, and a
 * branch that we do not know fails with SERDE_UNKNOWN_BRANCH, record by record.
 * @throws when our schema cannot read the writer's
 */
export function foreignReader(own: EnvelopeParts, writerSchema: AvroSchema): EnvelopeReader {
  const writer = envelopeParts(writerSchema)
  const branches: BranchReader[] = []
  const unknown: (string | undefined)[] = []
  for (const [index, branch] of writer.branches.entries()) {
    const ours = own.branches.find(({ fullName }) => fullName === branch.fullName)
    unknown[index] = ours === undefined ? branch.fullName : undefined
    branches.push({
      name: branch.name,
      type: ours?.type ?? branch.type,
      resolver: ours?.type.createResolver(branch.type),
    })
  }
  const read = readerOf(own.reader, own.reader.createResolver(writer.rest), branches, unknown)
  const { tail } = writer
  if (tail === undefined) return read
  return (bytes, topic) => read(withoutTail(bytes, writer), topic)
}

function readerOf(
  reader: AvroType,
  resolver: AvroResolver | undefined,
  branches: readonly BranchReader[],
  unknown: readonly (string | undefined)[],
): EnvelopeReader {
  return (bytes, topic) => {
    const head = reader.decode(bytes, WIRE_HEADER_BYTES, resolver)
    if (head.offset < 0) throw new Error('the bytes end within the envelope')
    const index = bytes[head.offset]
    // A zigzag long below 64 is one even byte below 128; a payload union is never that wide.
    const branch = index === undefined || index % 2 === 1 ? undefined : branches[index / 2]
    if (branch === undefined) throw new Error(`no payload branch has the index byte ${index}`)
    const name = unknown[(index as number) / 2]
    if (name !== undefined) throw unknownBranch(name, topic)
    const envelope: DecodedEnvelope = head.value
    if (envelope.eventType !== branch.name) {
      throw new Error(`eventType says ${envelope.eventType}, the payload is ${branch.name}`)
    }
    const payload = branch.type.decode(bytes, head.offset + 1, branch.resolver)
    if (payload.offset !== bytes.length) {
      throw new Error(
        payload.offset < 0
          ? `the bytes end within ${branch.name}`
          : `${bytes.length - payload.offset} bytes follow ${branch.name}`,
      )
    }
    envelope.payload = payload.value
    return envelope
  }
}

/** The same record with the fields behind the payload moved before it. Rare: none of our own schemas has such fields. */
function withoutTail(bytes: Buffer, writer: EnvelopeParts): Buffer {
  const head = writer.head.decode(bytes, WIRE_HEADER_BYTES)
  const branch = writer.branches[(bytes[head.offset] ?? 0) / 2]
  if (head.offset < 0 || branch === undefined) throw new Error('the bytes end within the envelope')
  const payload = branch.type.decode(bytes, head.offset + 1)
  if (payload.offset < 0) throw new Error(`the bytes end within ${branch.name}`)
  return Buffer.concat([
    bytes.subarray(0, head.offset),
    bytes.subarray(payload.offset),
    bytes.subarray(head.offset, payload.offset),
  ])
}

function unknownBranch(fullName: string, topic: string): StreamsError {
  return new StreamsError(
    SERDE_UNKNOWN_BRANCH,
    `the payload is a ${fullName}, which this version does not know`,
    { topic },
    'Skip and count it, or upgrade this consumer.',
  )
}
