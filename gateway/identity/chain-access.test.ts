import { expect, test } from 'vitest'
import type { Role } from '../protocol.ts'
import { audienceOf, maySee } from './chain-access.ts'
import type { Principal } from './principal.ts'

const who = (user: string, role: Role, desk = ''): Principal => ({
  user,
  tenant: 'demo',
  desk,
  roles: [role],
  assetClasses: ['FX'],
  sessionId: 's',
  tokenId: 't',
  expiresAtMs: 1,
})

test.each([
  ['who asked', who('ann', 'TRADER'), true],
  ['a trader of no desk, of an RFQ of no desk', who('bob', 'TRADER'), false],
  ['a client who asked', who('ann', 'CLIENT'), true],
  ['another client', who('bob', 'CLIENT'), false],
  ['who runs the platform, under the same name', who('ann', 'PLATFORM'), false],
  ['compliance', who('bob', 'COMPLIANCE'), true],
])('%s', (_, principal, expected) => {
  const subject = { requester: 'ann', desk: '', assetClass: 'FX' } as const
  expect(maySee(principal, subject)).toBe(expected)
  expect(maySee(principal, { ...subject, assetClass: 'EQUITY' })).toBe(false)
})

test('a desk is shared by its traders, by nobody else of it', () => {
  const subject = { requester: 'ann', desk: 'macro', assetClass: 'FX' } as const
  expect(maySee(who('bob', 'TRADER', 'macro'), subject)).toBe(true)
  expect(maySee(who('bob', 'TRADER', 'rates'), subject)).toBe(false)
  expect(maySee(who('bob', 'CLIENT', 'macro'), subject)).toBe(false)
})

test('callers of one audience see the same', () => {
  expect(audienceOf(who('a', 'RISK'))).toBe(audienceOf(who('b', 'SALES')))
  expect(audienceOf(who('a', 'TRADER'))).not.toBe(audienceOf(who('b', 'TRADER')))
  expect(audienceOf(who('a', 'PLATFORM'))).toBeUndefined()
})
