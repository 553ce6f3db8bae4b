import { expect, test } from 'vitest'
import { RevokedSessions } from './revoked-sessions.ts'

test('ended sessions are kept until their tokens expire, and not more than fit', () => {
  let nowMs = 0
  const revoked = new RevokedSessions(() => nowMs, 3)
  revoked.add('short', 10)
  revoked.add('a', 100)
  revoked.add('b', 100)
  expect(['short', 'a', 'b'].map((id) => revoked.has(id))).toEqual([true, true, true])
  nowMs = 10
  expect(revoked.entries()).toEqual([
    ['a', 100],
    ['b', 100],
  ])
  revoked.add('c', 100)
  expect(['short', 'a', 'b', 'c'].map((id) => revoked.has(id))).toEqual([false, true, true, true])
  revoked.add('d', 100)
  expect(revoked.entries().map(([id]) => id)).toEqual(['b', 'c', 'd'])
})
