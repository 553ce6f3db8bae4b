import { expect, test } from 'vitest'
import type { ChainEvent } from '#sdk'
import { chainSteps, payloadFields } from './chain.ts'

function event(eventId: string, causationId: string | null, atMs: number, offset = 0): ChainEvent {
  return {
    eventId,
    eventType: eventId,
    occurredAt: new Date(1_000 + atMs).toISOString(),
    producer: 'rfq',
    causationId,
    correlationId: 'C',
    entityType: 'Rfq',
    entityId: 'R-1',
    entitySequence: 1,
    topic: 'dev.rfq.lifecycle',
    partition: 0,
    offset,
    payload: {},
  }
}

test('events stand in the order of time, causes before effects of the same time, each once', () => {
  const steps = chainSteps([
    event('traded', 'accepted', 40),
    event('sent', 'created', 5, 1),
    event('created', 'command', 5, 2),
    event('command', null, 0),
    event('accepted', 'gone', 30),
    event('sent', 'created', 5, 1),
  ])
  expect(steps.map(({ event: { eventId }, depth, afterMs }) => [eventId, depth, afterMs])).toEqual([
    ['command', 0, 0],
    ['created', 1, 5],
    ['sent', 2, 0],
    ['accepted', 0, 25],
    ['traded', 1, 10],
  ])
})

test('causes in a circle end', () => {
  expect(chainSteps([event('a', 'b', 0), event('b', 'a', 0)]).length).toBe(2)
})

test('a payload is a small table: nested names, times as times, nothing empty', () => {
  expect(
    payloadFields({
      price: '1.08',
      expiryTimeMs: 1_764_000_000_000,
      venueId: null,
      routes: [{ lpId: 'A' }, { lpId: 'B', ok: false }],
    }),
  ).toEqual([
    ['price', '1.08'],
    ['expiryTimeMs', '2025-11-24 16:00:00.000 UTC'],
    ['routes.1.lpId', 'A'],
    ['routes.2.lpId', 'B'],
    ['routes.2.ok', 'false'],
  ])
  const many = payloadFields({ list: Array.from({ length: 100 }, (_, i) => i) })
  expect(many.length).toBe(81)
  expect(many.at(-1)).toEqual(['…', 'and 20 more'])
})
