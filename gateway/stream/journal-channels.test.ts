import { expect, test } from 'vitest'
import { noMetrics } from '#streams'
import type { Principal } from '../identity/principal.ts'
import { type GatewayLimits, gatewayLimits } from '../limits.ts'
import type { Trade } from '../protocol.ts'
import { Journal } from '../views/journal.ts'
import { JournalChannels } from './journal-channels.ts'
import { streamMetrics } from './stream-metrics.ts'
import type { StreamSocket } from './stream-socket.ts'

class Socket implements StreamSocket {
  readonly frames: { type: string; seq: number; data: Trade[] }[] = []
  buffered = 0
  isDropped = false
  send(frame: string | Uint8Array): void {
    this.frames.push(JSON.parse(String(frame)))
  }
  bufferedBytes(): number {
    return this.buffered
  }
  end(): void {}
  drop(): void {
    this.isDropped = true
  }
  /** What was sent: type and ids. */
  get told(): string[] {
    return this.frames.map(({ data, type }) => `${type} ${data.map(({ tradeId }) => tradeId)}`)
  }
}

function house(limits: Partial<GatewayLimits> = {}, changesMax = 4) {
  let nowMs = 0
  const journals = new Map<string, Journal<Trade>>()
  const journal = (tenant: string) => {
    const known = journals.get(tenant) ?? new Journal<Trade>(changesMax)
    journals.set(tenant, known)
    return known
  }
  let live: Trade[] = []
  const channels = new JournalChannels({
    limits: gatewayLimits(limits),
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    metrics: streamMetrics(noMetrics),
  })
  channels.add('trades', {
    journal,
    snapshot: ({ user }, max) => live.filter(({ requester }) => requester === user).slice(-max),
    sees: ({ user }, { requester }) => requester === user,
    audience: ({ user }) => (user === 'nobody' ? undefined : user),
  })
  return {
    channels,
    change: (tradeId: string, requester = 'ann', tenant = 'demo') => {
      const trade = { tradeId, requester } as Trade
      live = [...live, trade].slice(-2)
      journal(tenant).append(trade)
    },
    pass: (ms: number) => {
      nowMs += ms
    },
    join: (user = 'ann', tenant = 'demo') => {
      const socket = new Socket()
      channels.subscribe(socket, 'trades', { user, tenant } as Principal)
      return socket
    },
  }
}

test('the snapshot first, then every change in order, those of one flush together', () => {
  const { change, channels, join } = house()
  change('a')
  const socket = join()
  change('b')
  change('b')
  channels.flush()
  channels.flush()
  change('c')
  channels.flush()
  expect(socket.told).toEqual(['snapshot a', 'update b,b', 'update c'])
  expect(socket.frames.map(({ seq }) => seq)).toEqual([1, 2, 3])
  channels.close()
})

test('each gets what it may see, of its tenant', () => {
  const { change, channels, join } = house()
  const [ann, bob, other] = [join('ann'), join('bob'), join('ann', 'other')]
  change('a', 'ann')
  change('b', 'bob')
  channels.flush()
  change('c', 'ann', 'other')
  channels.flush()
  expect([ann.told, bob.told, other.told]).toEqual([
    ['snapshot ', 'update a'],
    ['snapshot ', 'update b'],
    ['snapshot ', 'update c'],
  ])
  expect(channels.admits('trades', { user: 'nobody' } as Principal)).toBe(false)
  expect(join('nobody').frames).toEqual([])
  channels.close()
})

test('one that does not read gets all of it later, the others at once', () => {
  const { change, channels, join } = house()
  const [slow, quick] = [join(), join()]
  slow.buffered = 1_000_000
  for (const id of ['a', 'b', 'c']) {
    change(id)
    channels.flush()
  }
  expect(slow.told).toEqual(['snapshot '])
  expect(quick.told).toEqual(['snapshot ', 'update a', 'update b', 'update c'])
  slow.buffered = 0
  channels.flush()
  expect(slow.told).toEqual(['snapshot ', 'update a,b,c'])
  channels.close()
})

test('one that is too far behind begins again: reset, snapshot, and on from there, without a gap in seq', () => {
  const { change, channels, join } = house({}, 4)
  const slow = join()
  slow.buffered = 1_000_000
  for (const id of ['a', 'b', 'c', 'd', 'e']) change(id)
  channels.flush()
  slow.buffered = 0
  channels.flush()
  change('f')
  channels.flush()
  expect(slow.told).toEqual(['snapshot ', 'reset ', 'snapshot d,e', 'update f'])
  expect(slow.frames.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  channels.close()
})

test('what waits for a slow one is sent when it reads, without another change', async () => {
  const { change, channels, join } = house()
  const slow = join()
  slow.buffered = 1_000_000
  change('a')
  channels.flush()
  slow.buffered = 0
  await expect.poll(() => slow.told).toEqual(['snapshot ', 'update a'])
  channels.close()
})

test('a long stretch is sent in several frames, none of it twice', () => {
  const { change, channels, join } = house({}, 10_000)
  const slow = join()
  const ids = Array.from({ length: 600 }, (_, i) => `${i}-${'x'.repeat(1_000)}`)
  for (const id of ids) change(id)
  channels.flush()
  const updates = slow.frames.filter(({ type }) => type === 'update')
  expect(updates.length).toBeGreaterThan(1)
  expect(updates.flatMap(({ data }) => data.map(({ tradeId }) => tradeId))).toEqual(ids)
  channels.close()
})

test('one that reads nothing for too long is dropped; one that goes is forgotten', () => {
  const { change, channels, join, pass } = house({ slowClientMs: 1_000 })
  const [stuck, gone] = [join(), join()]
  channels.remove(gone)
  stuck.buffered = 1_000_000
  change('a')
  channels.flush()
  pass(999)
  channels.flush()
  expect(stuck.isDropped).toBe(false)
  pass(1)
  channels.flush()
  expect(stuck.isDropped).toBe(true)
  expect(gone.told).toEqual(['snapshot '])
  channels.close()
})

test('after unsubscribe nothing comes; a new subscription goes on with seq', () => {
  const { change, channels, join } = house()
  const socket = join()
  channels.unsubscribe(socket, 'trades')
  change('a')
  channels.flush()
  channels.subscribe(socket, 'trades', { user: 'ann', tenant: 'demo' } as Principal)
  change('b')
  channels.flush()
  expect(socket.told).toEqual(['snapshot ', 'snapshot a', 'update b'])
  expect(socket.frames.map(({ seq }) => seq)).toEqual([1, 2, 3])
  channels.close()
})
