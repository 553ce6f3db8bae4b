import { expect, test } from 'vitest'
import { queryAuthorizer } from './query-access.ts'

const ALL = ['FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO', 'COMMODITY'] as const
const admin = {
  user: 'admin',
  tenant: 'demo',
  roles: ['ADMIN'] as const,
  assetClasses: ALL,
  desk: '',
  sessionId: 's',
  tokenId: 't',
  expiresAtMs: 1,
}
const authorizer = queryAuthorizer({ verify: (token) => (token === 'good' ? admin : undefined) })
const caller = { user: 'admin', tenant: 'demo', roles: ['ADMIN'], entitlements: ALL }
const store = { applicationId: 'orion-dev-snapshots', store: 'snapshots' }

test('the caller is whom the access token names', async () => {
  expect(await authorizer.authenticate('good')).toEqual(caller)
  expect(await authorizer.authenticate('revoked')).toBeUndefined()
})

test.each([
  ['demo|o-1', true],
  ['other|o-1', false],
  ['demonic|o-1', false],
  ['platform|EURUSD.SIM', true],
  ['EURUSD', false],
  ['|o-1', false],
  [7, false],
])('an administrator of demo sees the key %s: %s', (key, sees) => {
  expect(authorizer.mayRead(caller, { ...store, key })).toBe(sees)
})

test('market data need every asset class, for a key does not tell its own', () => {
  const some = { ...caller, entitlements: ALL.slice(1) }
  expect(authorizer.mayRead(some, { ...store, key: 'platform|EURUSD.SIM' })).toBe(false)
  expect(authorizer.mayRead(some, { ...store, key: 'demo|o-1' })).toBe(true)
})

test.each([
  ['ADMIN', true],
  ['PLATFORM', true],
  ['TRADER', false],
  ['CLIENT', false],
])('%s may look into stores: %s', (role, may) => {
  const one = { ...caller, roles: [role] }
  expect(authorizer.mayRead(one, store)).toBe(may)
  expect(authorizer.mayRead(one, { ...store, key: 'demo|o-1' })).toBe(may)
})
