import { expect, test } from 'vitest'
import { causedEvent, commandEventId, eventId, originEvent } from './index.ts'
import { murmur128Hex } from './murmur128.ts'

// Published vector of MurmurHash3_x86_128 (words 9b5b7ba2 ef3f7866 889adeaf 00f3f98e); the reference writes each word little-endian.
test('the hash is MurmurHash3_x86_128', () => {
  const bytes = Buffer.from("I will not buy this tobacconist's, it is scratched.")
  expect(murmur128Hex(bytes, bytes.length)).toBe('a27b5b9b66783fefafde9a888ef9f300')
})

test('an id depends on every part and on their borders', () => {
  const ids = [
    eventId('ab', 'c', 0),
    eventId('a', 'bc', 0),
    eventId('ab', 'c', 1),
    eventId('ab', 'c', 2 ** 40),
    eventId('äb', 'c', 0),
    eventId('x'.repeat(9_000), 'c', 0),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(eventId('ab', 'c', 0)).toBe(ids[0])
})

test('a hundred thousand events of one node have as many ids', () => {
  const ids = new Set<string>()
  for (let i = 0; i < 100_000; i++)
    ids.add(eventId('market-data|normalise', `cause${i % 1_000}`, i))
  expect(ids.size).toBe(100_000)
})

test('a command’s parts are told apart', () => {
  expect(commandEventId('a', 'bc')).not.toBe(commandEventId('ab', 'c'))
  expect(commandEventId('a', 'bc')).toMatch(/^[0-9a-f]{32}$/)
})

test('an event takes tenant and correlation from its cause, and the same cause gives the same event', () => {
  const origin = { producer: 'simulator', run: 'seed-7', tenantId: 'platform' }
  const entity = { entityType: 'instrument', entityId: 'A.SIM', sequence: 3 }
  const first = originEvent(origin, {
    eventType: 'FeedHeartbeat',
    occurredAt: 1,
    entity,
    payload: 'p',
  })
  const derive = () =>
    causedEvent({ producer: 'market-data', node: 'normalise' }, first, 0, {
      eventType: 'MarketHeartbeatReceived',
      occurredAt: 2,
      entity,
      payload: 'q',
    })
  expect(derive()).toEqual({
    eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventType: 'MarketHeartbeatReceived',
    eventVersion: 1,
    occurredAt: 2,
    producer: 'market-data',
    tenantId: 'platform',
    correlationId: first.eventId,
    causationId: first.eventId,
    entity,
    payload: 'q',
  })
  expect(derive()).toEqual(derive())
  expect(derive().eventId).not.toBe(first.eventId)
})
