import { expect, test } from 'vitest'
import type { FlagsEnvelope } from '#avro'
import { Position } from '#streams'
import { openTopics } from '#topics'
import { openEmbeddedRegistry } from '../../avro/registry/embedded-registry.ts'
import { ProblemError } from '../http/problem.ts'
import type { Principal } from '../identity/principal.ts'
import { AdminView } from '../views/admin-view.ts'
import { AdminChanges } from './admin-changes.ts'
import type { EventWrite, EventWriter } from './event-writer.ts'

const ADMIN = { user: 'admin', tenant: 'demo', roles: ['ADMIN'] } as unknown as Principal

/** Changes of the flag `rfq`, on a log that takes a while and a view that follows it when it is told to. */
function desk() {
  const topics = openTopics({ env: 'test', registry: openEmbeddedRegistry() })
  const view = new AdminView({ requestsMax: 100, rowsMax: 100 })
  const sources = new Map(view.sources(topics).map((source) => [source.topic, source]))
  const written: EventWrite[][] = []
  let applied = 0
  const state = { isFollowing: true, isFailing: false }
  const catchUp = () => {
    for (; applied < written.length; applied += 1) {
      for (const { key, partition, topic, value } of written[applied] ?? []) {
        const record = { key, value, offset: 0, timestampMs: 0, headers: [] }
        sources.get(topic)?.apply(record, partition)
      }
    }
  }
  const writer = {
    write: async (writes: EventWrite[]) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (state.isFailing) throw new ProblemError(503, 'log-unavailable', 'The log is away.')
      written.push(writes)
      return Position.empty
    },
  } as unknown as EventWriter
  const changes = new AdminChanges({
    topics,
    view,
    reader: {
      reached: async () => {
        if (state.isFollowing) catchUp()
        return state.isFollowing
      },
    },
    writer,
    waitMs: 10,
    clock: { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0 },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
  })
  const change = (enabled: boolean, idempotencyKey = '', expectedSequence?: number) =>
    changes.change<FlagsEnvelope>({
      route: '/flags',
      call: { body: { enabled }, correlationId: 'chain', idempotencyKey },
      principal: ADMIN,
      topic: topics.admin.flags,
      rows: view.flags,
      tenantId: 'demo',
      entityType: 'Flag',
      entityId: 'rfq',
      expectedSequence,
      fact: () => ({ eventType: 'FlagUpdated', payload: { flag: 'rfq', enabled } }),
    })
  return { change, state, view, written }
}

test('of changes that come together each sees the one before it', async () => {
  const { change, view, written } = desk()
  const done = await Promise.all(Array.from({ length: 10 }, (_, i) => change(i % 2 === 0)))
  expect(done.map((one) => (one.kind === 'shown' ? one.event.entity.sequence : 0))).toEqual(
    Array.from({ length: 10 }, (_, i) => i + 1),
  )
  expect(written).toHaveLength(10)
  expect(view.flags.own('demo', 'rfq')).toMatchObject({ entity: { sequence: 10 } })
})

test('of two that are based on the same one, the second is refused', async () => {
  const { change, written } = desk()
  const [first, second] = await Promise.allSettled([change(true, 'a', 0), change(false, 'b', 0)])
  expect(first.status).toBe('fulfilled')
  expect(second).toMatchObject({ reason: { status: 409, kind: 'changed-meanwhile' } })
  expect(written).toHaveLength(1)
})

test('what the view does not show yet is written once, however often it is sent', async () => {
  const { change, state, written } = desk()
  state.isFollowing = false
  expect(await change(true, 'a')).toMatchObject({ kind: 'written' })
  expect(await change(true, 'a')).toMatchObject({ kind: 'written' })
  // The next one counts on, though the view knows nothing of the first.
  expect(await change(false, 'b')).toMatchObject({ kind: 'written' })
  state.isFollowing = true
  expect(await change(true, 'a')).toMatchObject({ event: { entity: { sequence: 1 } } })
  expect(await change(false, 'b')).toMatchObject({ event: { entity: { sequence: 2 } } })
  expect(written).toHaveLength(2)
})

test('a change that the log did not take changes nothing, and the next one is taken', async () => {
  const { change, state } = desk()
  state.isFailing = true
  await expect(change(true, 'a')).rejects.toMatchObject({ status: 503 })
  state.isFailing = false
  expect(await change(true, 'a')).toMatchObject({ event: { entity: { sequence: 1 } } })
})

test('all of a change goes in one write: who asked, the change for the record, the state', async () => {
  const { change, written } = desk()
  await change(true)
  expect(written[0]?.map(({ topic }) => topic)).toEqual([
    'test.admin.changes.v1',
    'test.admin.changes.v1',
    'test.admin.flags.v1',
  ])
  expect(written[0]?.[1]?.value.length).toBeGreaterThan(0)
})
