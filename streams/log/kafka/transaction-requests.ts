import type { ProducerIdentity } from './appender.ts'
import { protocolError, type RawRequest } from './broker-link.ts'
import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/**
 * EndTxn, version 5 (KIP-890): the coordinator answers with the identity for the next transaction, so that what is left of this one on its
 * way can no longer be taken for a part of that.
 */
export function endTxnRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  commit: boolean,
): RawRequest<{ readonly producerId: number; readonly producerEpoch: number }> {
  return {
    apiKey: 26,
    apiVersion: 5,
    apiName: 'EndTxn',
    body: new ByteWriter()
      .noTags()
      .compactString(transactionalId)
      .int64(producerId)
      .int16(producerEpoch)
      .int8(commit ? 1 : 0)
      .noTags(),
    read: (reader) => {
      reader.skipTags()
      reader.int32()
      const code = reader.int16()
      if (code !== 0) throw protocolError(code)
      return { producerId: reader.int64(), producerEpoch: reader.int16() }
    },
  }
}

const FINALIZED_FEATURES_TAG = 2

/**
 * ApiVersions, version 3, for what the whole cluster has agreed on: level by feature. Empty from brokers before 2.4, which have no such
 * features.
 */
export function finalizedFeaturesRequest(): RawRequest<ReadonlyMap<string, number>> {
  return {
    apiKey: 18,
    apiVersion: 3,
    apiName: 'ApiVersions',
    body: new ByteWriter().noTags().compactString('orion').compactString('1').noTags(),
    read: (reader) => {
      const features = new Map<string, number>()
      // Brokers that do not know the version answer with an error, in another form.
      if (reader.int16() !== 0) return features
      reader.compactArray(() => {
        reader.raw(6)
        reader.skipTags()
      })
      reader.int32()
      reader.tags((tag, value) => {
        if (tag === FINALIZED_FEATURES_TAG) readFeatures(value, features)
      })
      return features
    },
  }
}

function readFeatures(reader: ByteReader, features: Map<string, number>): void {
  reader.compactArray(() => {
    const name = reader.compactString() ?? ''
    features.set(name, reader.int16())
    reader.int16()
    reader.skipTags()
  })
}
