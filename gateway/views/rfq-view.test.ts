import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { LifecycleEnvelope, RFQCreated } from '#avro'
import type { Principal } from '../identity/principal.ts'
import { RfqView } from './rfq-view.ts'

function event(eventType: string, rfqId: string, payload: object, tenantId = 'demo') {
  const common = { rfqId, version: 1, state: 'CREATED', commandId: null }
  return {
    eventId: `${eventType}-${rfqId}`,
    eventType,
    eventVersion: 1,
    occurredAt: 1_000,
    producer: 'rfq',
    tenantId,
    correlationId: `chain-${rfqId}`,
    causationId: null,
    entity: { entityType: 'RFQ', entityId: rfqId, sequence: 1 },
    payload: { ...common, ...payload },
  } as unknown as LifecycleEnvelope
}

const created = (rfqId: string, more: Partial<RFQCreated> = {}, tenantId = 'demo') =>
  event(
    'RFQCreated',
    rfqId,
    {
      instrumentId: 'EURUSD.SIM',
      assetClass: 'FX',
      currency: 'USD',
      side: 'BUY',
      size: new Decimal('1e6'),
      minSize: null,
      partialAllowed: false,
      venueId: null,
      requester: { userId: 'ann', desk: '', roles: ['TRADER'], assetClasses: ['FX'] },
      createdAtMs: 1_000,
      expiryTimeMs: 31_000,
      mark: null,
      decisions: [],
      ...more,
    },
    tenantId,
  )
const expired = (rfqId: string) => event('RFQExpired', rfqId, { state: 'EXPIRED', version: 3 })
const ann = {
  user: 'ann',
  tenant: 'demo',
  desk: '',
  roles: ['TRADER'],
  assetClasses: ['FX'],
} as unknown as Principal
const idsOf = (view: RfqView, principal = ann) =>
  [...view.visible(principal)].map(({ rfqId }) => rfqId)

test('a full view drops what ended first, and what is live only when nothing has ended', () => {
  const view = new RfqView({ rfqsMax: 3, changesMax: 10 })
  for (const id of ['a', 'b', 'c']) view.apply(created(id))
  view.apply(expired('c'))
  view.apply(expired('b'))
  view.apply(created('d'))
  expect(idsOf(view)).toEqual(['a', 'b', 'd'])
  view.apply(created('e'))
  expect(idsOf(view)).toEqual(['a', 'd', 'e'])
  view.apply(created('f'))
  expect(idsOf(view)).toEqual(['d', 'e', 'f'])
  // Another tenant takes none of its room.
  view.apply(created('x', {}, 'other'))
  expect([view.size, view.live]).toEqual([4, 4])
  view.apply(expired('a'))
  expect(view.unknown).toBe(1)
})

test('the snapshot is what is live, the newest of it; the journal has every change that shows', () => {
  const view = new RfqView({ rfqsMax: 10, changesMax: 10 })
  for (const id of ['a', 'b', 'c', 'd']) view.apply(created(id))
  view.apply(expired('b'))
  view.apply(event('QuoteRejected', 'a', { quoteId: 'q', lpId: 'l', reason: 'X', text: '' }))
  expect(view.snapshot(ann, 2).map(({ rfqId }) => rfqId)).toEqual(['c', 'd'])
  const journal = view.journal('demo')
  const changes = Array.from({ length: journal.next }, (_, i) => journal.at(i)?.item)
  expect(changes.map((rfq) => `${rfq?.rfqId} ${rfq?.state}`)).toEqual([
    'a CREATED',
    'b CREATED',
    'c CREATED',
    'd CREATED',
    'b EXPIRED',
  ])
})

test('what was refused is told while it is live; what has ended says why it did', () => {
  const view = new RfqView({ rfqsMax: 10, changesMax: 10 })
  view.apply(created('a'))
  const refused = (reason: string) =>
    event('RFQCommandRefused', 'a', { command: 'AcceptQuote', userId: 'ann', reason, text: reason })
  const reason = () => view.get('demo', 'a')?.reason?.code
  view.apply(refused('VERSION_CONFLICT'))
  view.apply(refused('IDEMPOTENCY_KEY_REUSED'))
  expect(reason()).toBe('VERSION_CONFLICT')
  const rejected = {
    state: 'REJECTED',
    reason: 'NO_LP_ELIGIBLE',
    text: 'Nobody.',
    decisions: [],
    routes: [],
  }
  view.apply(event('RFQRejected', 'a', rejected))
  view.apply(refused('RFQ_REJECTED'))
  expect(reason()).toBe('NO_LP_ELIGIBLE')
})

test('last look is shown while it lasts; a time that no date holds does not stop the view', () => {
  const view = new RfqView({ rfqsMax: 10, changesMax: 10 })
  view.apply(created('a', { expiryTimeMs: 9e15 }))
  view.apply(event('LastLookStarted', 'a', { state: 'QUOTING', version: 3, untilMs: 2_000 }))
  expect(view.get('demo', 'a')).toMatchObject({
    lastLookUntil: '1970-01-01T00:00:02.000Z',
    expiryTime: '+275760-09-13T00:00:00.000Z',
  })
  const late = { state: 'QUOTING', version: 3, reason: 'LAST_LOOK_DRIFT', text: 'It moved.' }
  view.apply(event('QuoteAcceptanceRejected', 'a', late))
  expect(view.get('demo', 'a')).toMatchObject({
    lastLookUntil: null,
    reason: { code: 'LAST_LOOK_DRIFT' },
  })
})
