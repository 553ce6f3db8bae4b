import { expect, test } from 'vitest'
import { StreamsError } from '../../../errors.ts'
import type { Serde } from '../../../serde.ts'
import { longSerde, stringSerde } from '../../../serdes.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Instruction } from './subscription.ts'
import {
  combinedKeySerde,
  subscriberSerde,
  subscriptionResponseSerde,
  subscriptionSerde,
} from './wire-layouts.ts'

const fingerprint = fingerprintOf(Buffer.from('row'))
const INSTRUCTIONS: readonly Instruction[] = [
  'DELETE_KEY_NO_PROPAGATE',
  'DELETE_KEY_AND_PROPAGATE',
  'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE',
  'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE',
]

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function codeOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof StreamsError) return error.code
    throw error
  }
  return 'no error'
}

test.each(INSTRUCTIONS)('a subscription with %s comes back as it was', (instruction) => {
  const serde = subscriptionSerde(stringSerde, longSerde)
  for (const print of [fingerprint, undefined]) {
    const subscription = {
      instruction,
      primaryKey: 'k',
      primaryPartition: 4711,
      fingerprint: print,
    }
    const back = serde.deserialize('t', serde.serialize('t', subscription))
    expect({ ...back, fingerprint: back.fingerprint && hex(back.fingerprint) }).toEqual({
      ...subscription,
      fingerprint: print && hex(print),
    })
  }
})

test('the layout of a subscription is what earlier releases wrote', () => {
  const serde = subscriptionSerde(stringSerde, longSerde)
  const bytes = serde.serialize('t', {
    instruction: 'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE',
    primaryKey: 'k',
    primaryPartition: 2,
    fingerprint: Buffer.alloc(16, 0xab),
  })
  expect(hex(bytes)).toBe(`1b00000002${'ab'.repeat(16)}6b`)
})

test('a response tells a foreign row of no bytes from none, and of which key there is none', () => {
  const serde = subscriptionResponseSerde(stringSerde, stringSerde)
  const head = { primaryPartition: 1, fingerprint: undefined }
  for (const told of [
    { foreignValue: '', foreignKey: undefined },
    { foreignValue: 'value', foreignKey: undefined },
    { foreignValue: undefined, foreignKey: 'key' },
    { foreignValue: undefined, foreignKey: '' },
    { foreignValue: undefined, foreignKey: undefined },
  ]) {
    const bytes = serde.serialize('t', { ...head, ...told })
    expect(serde.deserialize('t', bytes)).toEqual({ ...head, ...told })
  }
})

test('combined keys sort by left key under one foreign key, and the prefix of one is no prefix of another', () => {
  const serde = combinedKeySerde(stringSerde, stringSerde)
  const key = (foreignKey: string, primaryKey: string) =>
    Buffer.from(serde.serialize('t', { foreignKey, primaryKey }))
  expect(Buffer.compare(key('f', '1'), key('f', '2'))).toBe(-1)
  const prefix = serde.prefix('t', 'f')
  expect(hex(key('f', 'x')).startsWith(hex(prefix))).toBe(true)
  expect(hex(key('fx', '')).startsWith(hex(prefix))).toBe(false)
  expect(serde.deserialize('t', key('f', 'x'))).toEqual({ foreignKey: 'f', primaryKey: 'x' })
})

test('bytes that no foreign-key join wrote are refused', () => {
  const foreign = Buffer.from('anything at all')
  const cut = subscriberSerde.serialize('t', { primaryPartition: 1, fingerprint }).subarray(0, 9)
  expect(codeOf(() => subscriberSerde.deserialize('t', foreign))).toBe('SERDE_DECODE_FAILED')
  expect(codeOf(() => subscriberSerde.deserialize('t', cut))).toBe('SERDE_DECODE_FAILED')
  expect(codeOf(() => subscriberSerde.deserialize('t', new Uint8Array(0)))).toBe(
    'SERDE_DECODE_FAILED',
  )
})

test('schemas of inner keys and rows are prepared under topics of their own, and waited for', async () => {
  const prepared: string[] = []
  const waited: string[] = []
  const watched = (name: string): Serde<string> => ({
    ...stringSerde,
    prepare: async (topic, role) => void prepared.push(`${name} ${topic} ${role}`),
    pending: (bytes) => {
      waited.push(`${name} ${Buffer.from(bytes).toString()}`)
      return undefined
    },
  })
  const subscriptions = subscriptionSerde(watched('key'), watched('left'))
  await subscriptions.prepare?.('s', 'value')
  await combinedKeySerde(watched('foreign'), watched('key')).prepare?.('c', 'key')
  expect(prepared).toEqual(['key s-pk key', 'left s-vh value', 'foreign c-fk key', 'key c-pk key'])

  const head = { primaryPartition: 0, fingerprint }
  const instruction = 'DELETE_KEY_NO_PROPAGATE'
  void subscriptions.pending?.(
    subscriptions.serialize('s', { ...head, instruction, primaryKey: 'k' }),
  )
  const responses = subscriptionResponseSerde(watched('foreign'), watched('row'))
  for (const told of [
    { foreignValue: 'v', foreignKey: 'f' },
    { foreignValue: undefined, foreignKey: 'f' },
    { foreignValue: undefined, foreignKey: undefined },
  ]) {
    void responses.pending?.(responses.serialize('r', { ...head, ...told }))
  }
  expect(waited).toEqual(['key k', 'row v', 'foreign f'])
  expect(subscriptionSerde(stringSerde, stringSerde).pending).toBeUndefined()
})
