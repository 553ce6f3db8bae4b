import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LifecycleEnvelope } from '#avro'
import { accept, cancel, envelope, quote, request, TENANT } from '#processors/rfq/fixtures/rfq'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { replay, systemClock } from '#streams'
import { giveMarket, of, openRfqPlace, type RfqPlace, until } from './fixtures/rfq-place.ts'

const RFQS = 40
const OPEN_MS = 1_500
const HELD = { windowMs: 50, maxDriftBps: 1, maxQuoteAgeMs: null }
const ENDS = new Set(['RFQTraded', 'RFQCancelled', 'RFQExpired', 'RFQRejected'])

const rfqIdOf = (index: number) => `R-${index}`
const keyOf = (index: number) => `${TENANT}|${rfqIdOf(index)}`

async function create(place: RfqPlace, index: number): Promise<void> {
  const rfqId = rfqIdOf(index)
  const expiryTimeMs = systemClock.nowMs() + OPEN_MS
  const command = {
    ...envelope('create'),
    eventType: 'CreateRFQ' as const,
    payload: request({ rfqId, expiryTimeMs }),
  }
  const topic = place.topics.rfq.commands
  await place.produce(topic, keyOf(index), [of(rfqId, command), of(rfqId, command)])
}

/** Two quotes, one of them twice; then accepts, a cancel and late quotes at once, or for some nothing but the expiry. */
async function race(place: RfqPlace, index: number): Promise<void> {
  const [key, rfqId] = [keyOf(index), rfqIdOf(index)]
  const { commands, quotes } = place.topics.rfq
  const lasts = { expiresAtMs: systemClock.nowMs() + 60_000 }
  const q1 = of(rfqId, quote('Q1', '1.1002', lasts))
  const q2 = of(rfqId, quote('Q2', '1.1003', { lpId: 'LP2', ...lasts }))
  await place.produce(quotes, key, [q1, q2, q1])
  if (index % 4 === 0) return
  const rivals = [
    of(rfqId, accept('accept-1', 'Q1', 3)),
    of(rfqId, cancel('cancel-1')),
    of(rfqId, accept('accept-2', 'Q2', 3)),
  ]
  const first = rivals.splice(index % 3, 1)
  await Promise.all([
    place.produce(commands, key, [...first, ...rivals, ...first]),
    place.produce(quotes, key, [of(rfqId, quote('Q3', '1.1', lasts))]),
  ])
}

/** Waits until one of these types has been said of each. */
function told(place: RfqPlace, indices: readonly number[], ...wanted: string[]): Promise<void> {
  return until(async () => {
    const lives = await place.lifecycles()
    return indices.every((index) =>
      types(lives.get(rfqIdOf(index))).some((type) => wanted.includes(type)),
    )
  })
}

const types = (events: readonly LifecycleEnvelope[] = []) =>
  events.map(({ eventType }) => eventType)

test('races of many RFQs end in one way each, and an exact replay repeats every event of them', {
  timeout: 120_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orion-rfq-replay-'))
  const place = await openRfqPlace(directory, 'memory')
  await giveMarket(place, { LP2: HELD })
  try {
    // Twice, so that a replay has to begin its tasks as the second start did.
    for (const from of [0, RFQS / 2]) {
      const streams = await place.run()
      const indices = Array.from({ length: RFQS / 2 }, (_, each) => from + each)
      await Promise.all(indices.map((index) => create(place, index)))
      await told(place, indices, 'RFQSent')
      await Promise.all(indices.map((index) => race(place, index)))
      await told(place, indices, ...ENDS)
      for (const one of streams) await one.close()
    }
    const lives = await place.lifecycles()
    expect(lives.size).toBe(RFQS)
    const trades = await place.trades()
    for (const [rfqId, events] of lives) {
      const ends = events.filter(({ eventType }) => ENDS.has(eventType))
      expect(ends.length, rfqId).toBe(1)
      const bound = events.filter(({ eventType }) => eventType === 'QuoteAccepted').length
      expect(bound, rfqId).toBe(types(ends)[0] === 'RFQTraded' ? 1 : 0)
      expect(trades.filter(({ payload }) => payload.rfqId === rfqId).length, rfqId).toBe(bound)
      expect(types(events)).toContain('RFQCommandRepeated')
      expect(events.map(({ entity }) => entity.sequence)).toEqual(events.map((_, i) => i + 1))
    }
    const all = new Set([...lives.values()].flatMap(types))
    for (const type of [
      'RFQTraded',
      'RFQCancelled',
      'RFQExpired',
      'LastLookStarted',
      'QuoteRejected',
    ])
      expect(all).toContain(type)

    const result = await replay({
      topology: place.rfqTopology(),
      applicationId: 'rfq',
      log: place.log,
      stores: createStoreBackend(memoryEngine()),
      directory: join(directory, 'replay'),
    })
    expect(result.differences).toEqual([])
    expect(result).toMatchObject({ mode: 'exact', reason: undefined, isEqual: true })
    const equal = result.outputs
      .filter(({ topic }) => topic === place.topics.rfq.lifecycle.name)
      .reduce((sum, one) => sum + one.equal, 0)
    expect(equal).toBe([...lives.values()].flat().length)
    expect(Math.max(...result.tasks.map(({ starts }) => starts))).toBe(2)
  } finally {
    await place.close()
    rmSync(directory, { recursive: true, force: true })
  }
})
