import { expect, test } from 'vitest'
import { contradictions } from '../soak/round.ts'
import { faultsOf, type RfqOnLog } from './verify-rfqs.ts'

const TRADED: RfqOnLog = {
  ends: ['RFQTraded'],
  quoted: 5,
  repeated: 0,
  acceptedQuoteIds: ['Q-1'],
  trades: ['Q-1'],
}
const EXPIRED: RfqOnLog = { ...TRADED, ends: ['RFQExpired'], acceptedQuoteIds: [], trades: [] }

test.each<[string, Partial<RfqOnLog>, string[]]>([
  ['traded once', {}, []],
  ['no end', { ends: [] }, ['ends 0 times', 'accepted and not traded']],
  ['two ends', { ends: ['RFQTraded', 'RFQExpired'] }, ['ends 2 times']],
  ['two trades of one quote', { trades: ['Q-1', 'Q-1'] }, ['a quote traded 2 times']],
  ['a trade without accept', { acceptedQuoteIds: [] }, ['Q-1 traded without acceptance']],
  ['accepted and no trade', { trades: [] }, ['accepted and not traded', 'TRADED without a trade']],
  ['two acceptances', { acceptedQuoteIds: ['Q-1', 'Q-2'] }, ['2 acceptances']],
])('on the log: %s', (_, change, expected) => {
  const faults = faultsOf(new Map([['demo|R-1', { ...TRADED, ...change }]]))
  expect(faults).toHaveLength(expected.length)
  for (const [at, what] of expected.entries()) expect(faults[at]).toContain(what)
})

const rfqs = new Map([
  ['demo|R-1', TRADED],
  ['demo|R-2', EXPIRED],
])
const told = { acknowledged: [], acceptsSent: ['R-1|Q-1'], accepted: [], cancelled: [] }

test.each<[string, Partial<Record<keyof typeof told, string[]>>, string | undefined]>([
  ['as the log says', { acknowledged: ['R-1', 'R-2'], accepted: ['R-1|Q-1'] }, undefined],
  ['an acknowledged RFQ is lost', { acknowledged: ['R-3'] }, 'R-3 was acknowledged'],
  ['a confirmed accept is no trade', { accepted: ['R-2|Q-9'] }, 'confirmed and is no trade'],
  ['a cancel was confirmed', { cancelled: ['R-1'] }, 'ended as RFQTraded'],
  ['nobody accepted', { acceptsSent: [] }, 'nobody had accepted it'],
])('what traders were told: %s', (_, change, expected) => {
  const all = { ...told, ...change }
  const faults = contradictions(
    {
      acknowledged: new Set(all.acknowledged),
      acceptsSent: new Set(all.acceptsSent),
      accepted: new Set(all.accepted),
      cancelled: new Set(all.cancelled),
    },
    rfqs,
  )
  expect(faults).toHaveLength(expected === undefined ? 0 : 1)
  expect(faults[0] ?? '').toContain(expected ?? '')
})
