import { describe, expect, test } from 'vitest'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { endTxnRequest, finalizedFeaturesRequest } from './transaction-requests.ts'

const SUPPORTED = 0
const EPOCH = 1
const FINALIZED = 2
const UNSUPPORTED_VERSION = 35
const PRODUCER_FENCED = 90

function read<T>(request: { readonly read: (reader: ByteReader) => T }, answer: ByteWriter): T {
  return request.read(new ByteReader(answer.finish()))
}

function features(...levels: readonly (readonly [name: string, level: number])[]): Buffer {
  return new ByteWriter()
    .compactArray(levels, (each, [name, level]) =>
      each.compactString(name).int16(level).int16(0).noTags(),
    )
    .finish()
}

function versionsAnswer(tags: readonly (readonly [tag: number, value: Buffer])[]): ByteWriter {
  const answer = new ByteWriter()
    .int16(0)
    .compactArray([0, 26], (each, key) => each.int16(key).int16(0).int16(12).noTags())
    .int32(0)
    .int8(tags.length)
  for (const [tag, value] of tags) answer.int8(tag).int8(value.length).raw(value)
  return answer
}

describe('what the cluster has agreed on', () => {
  test('is read apart from what the broker could do', () => {
    const answer = versionsAnswer([
      [SUPPORTED, features(['transaction.version', 2])],
      [EPOCH, new ByteWriter().int64(7).finish()],
      [FINALIZED, features(['metadata.version', 29], ['transaction.version', 1])],
    ])
    expect([...read(finalizedFeaturesRequest(), answer)]).toEqual([
      ['metadata.version', 29],
      ['transaction.version', 1],
    ])
  })

  test('is nothing where no feature is finalized, and where the broker does not know the request', () => {
    const supported = versionsAnswer([[SUPPORTED, features(['transaction.version', 2])]])
    expect([...read(finalizedFeaturesRequest(), supported)]).toEqual([])
    const old = new ByteWriter()
      .int16(UNSUPPORTED_VERSION)
      .array([18], (each, key) => each.int16(key).int16(0).int16(2))
    expect([...read(finalizedFeaturesRequest(), old)]).toEqual([])
  })
})

describe('the end of a transaction', () => {
  const identity = { producerId: 2 ** 40, producerEpoch: 6, joinsOnWrite: true }

  test('brings the identity for the next one', () => {
    const answer = new ByteWriter()
      .noTags()
      .int32(0)
      .int16(0)
      .int64(2 ** 40)
      .int16(7)
      .noTags()
    expect(read(endTxnRequest('t', identity, true), answer)).toEqual({
      producerId: 2 ** 40,
      producerEpoch: 7,
    })
  })

  test('fails by name when it is refused', () => {
    const answer = new ByteWriter()
      .noTags()
      .int32(0)
      .int16(PRODUCER_FENCED)
      .int64(-1)
      .int16(-1)
      .noTags()
    expect(() => read(endTxnRequest('t', identity, true), answer)).toThrow(
      expect.objectContaining({ code: PRODUCER_FENCED }),
    )
  })
})
