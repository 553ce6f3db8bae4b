import { expect, test } from 'vitest'
import { RateLimit } from './rate-limit.ts'

test('a burst is let through, then the rate, each user by himself', () => {
  const limit = new RateLimit({ perSecond: 20, burst: 40 })
  for (let query = 0; query < 40; query++) limit.take('a', 0)
  expect(() => limit.take('a', 49)).toThrow(/More than 20 queries a second/u)
  limit.take('b', 49)
  limit.take('a', 50)
  expect(() => limit.take('a', 50)).toThrow()
})
