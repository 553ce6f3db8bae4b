import { expect, test } from 'vitest'
import { checkRooms } from './check-rooms.ts'

const fixture = new URL('./fixtures/broken-rooms', import.meta.url).pathname

test('every rule of the room table refuses the import that breaks it', async () => {
  const { violations } = await checkRooms(fixture)
  const byRule = Object.fromEntries(
    violations.map((line) => line.split(': ')).map(([rule, edge]) => [rule, edge]),
  )
  expect(byRule).toMatchObject({
    'room-streams': 'streams/index.ts -> avro/index.ts',
    resolved: 'avro/index.ts -> ./missing.ts',
    'no-cycle': expect.stringContaining('topics/'),
    'front-door': 'feeds/index.ts -> streams/log/log.ts',
    'perf-is-a-leaf': 'feeds/index.ts -> perf/index.ts',
    'room-feeds': 'feeds/index.ts -> perf/index.ts',
    'door-sdk-gateway': 'sdk/index.ts -> gateway/index.ts',
    'behind-one-folder-kafkajs': expect.stringMatching(
      /^feeds\/index\.ts -> .*node_modules\/kafkajs\//,
    ),
  })
})

test('an empty tree is not a passed check: nothing was looked at', async () => {
  const { modules } = await checkRooms(new URL('./fixtures', import.meta.url).pathname)
  expect(modules).toBe(0)
})
