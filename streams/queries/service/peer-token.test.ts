import { expect, test } from 'vitest'
import { PeerTokens } from './peer-token.ts'

const SECRET = 'x'.repeat(32)
const ann = { user: 'ann', tenant: 'demo', roles: ['ADMIN'], entitlements: ['FX'] }
const request = { to: 'orion-2:7400', path: '/queries/v1/a/stores/s/parts', body: '{"a":1}' }
const NOW = 1_700_000_000_000
const tokens = new PeerTokens(SECRET, 10_000)

test('a token names the caller on whose behalf an instance asks', () => {
  expect(tokens.verify(tokens.sign(request, ann, NOW), request, NOW + 9_999)).toEqual(ann)
})

test('it holds for seconds, also where clocks differ', () => {
  const token = tokens.sign(request, ann, NOW)
  expect(tokens.verify(token, request, NOW + 10_000)).toBeUndefined()
  expect(tokens.verify(token, request, NOW - 10_000)).toEqual(ann)
  expect(tokens.verify(token, request, NOW - 10_001)).toBeUndefined()
})

test('it is good for one request to one instance', () => {
  const token = tokens.sign(request, ann, NOW)
  for (const other of [{ to: 'orion-3:7400' }, { path: '/other' }, { body: '{"a":2}' }])
    expect(tokens.verify(token, { ...request, ...other }, NOW)).toBeUndefined()
})

test('who does not know the secret makes none', () => {
  const token = tokens.sign(request, ann, NOW)
  const [payload = '', mac = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const other = { ...claims, principal: { ...ann, tenant: 'other' } }
  const forged = Buffer.from(JSON.stringify(other)).toString('base64url')
  const theirs = new PeerTokens('y'.repeat(32), 10_000).sign(request, ann, NOW)
  for (const bad of [`${forged}.${mac}`, `${payload}.`, payload, '', '.', `${token}.x`, theirs])
    expect(tokens.verify(bad, request, NOW), bad).toBeUndefined()
})

test('a short secret is refused', () => {
  expect(() => new PeerTokens('x'.repeat(31), 10_000)).toThrow('STREAMS_INVALID_OPTION')
})
