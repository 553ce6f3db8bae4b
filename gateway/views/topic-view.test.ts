import { expect, test } from 'vitest'
import { noMetrics, Position, type Serde, silentLogger, stringSerde } from '#streams'
import { MemoryLog } from '../fixtures/memory-log.ts'
import { TopicView, viewSource } from './topic-view.ts'

/** Texts; those that begin with a question mark cannot be read. */
const readable: Serde<string> = {
  serialize: stringSerde.serialize,
  deserialize: (topic, bytes) => {
    const text = stringSerde.deserialize(topic, bytes)
    if (text.startsWith('?')) throw new Error('not readable')
    return text
  },
}

test('of one fetch a view takes the latest of each key, tombstones too, in the order of the log', async () => {
  const log = new MemoryLog()
  log.createTopic('prices', 1)
  const put = (key: string | null, value: string | null) =>
    log.append(
      'prices',
      0,
      key === null ? null : Buffer.from(key),
      value === null ? null : Buffer.from(value),
    )
  put('a', '1')
  put('b', '1')
  put(null, 'no key')
  put('a', '2')
  put('c', '1')
  put('b', null)
  put('d', '?')
  const applied: string[] = []
  const view = new TopicView({
    name: 'prices',
    log: log.asLog(),
    sources: [
      viewSource({ name: 'prices', valueSerde: readable }, (key, value) => {
        applied.push(`${key}=${value ?? 'gone'}`)
      }),
    ],
    logger: silentLogger,
    metrics: noMetrics,
  })
  view.start()
  await expect.poll(() => view.state().ok).toBe(true)
  await view.close()
  expect(applied).toEqual(['a=2', 'c=1', 'b=gone'])
})

test('its position is behind the last record, not behind the marker that another reader may not have seen', async () => {
  const log = new MemoryLog()
  log.createTopic('prices', 1)
  const view = new TopicView({
    name: 'prices',
    log: log.asLog(),
    sources: [viewSource({ name: 'prices', valueSerde: readable }, () => {})],
    logger: silentLogger,
    metrics: noMetrics,
  })
  view.start()
  log.append('prices', 0, Buffer.from('a'), Buffer.from('1'))
  log.mark('prices', 0)
  const behindMarker = Position.of([{ topic: 'prices', partition: 0, offset: 2 }])
  expect(await view.reached(behindMarker, 5_000)).toBe(true)
  expect(view.position('prices').toJSON()).toEqual({ prices: { 0: 1 } })
  log.mark('prices', 0)
  const further = Position.of([{ topic: 'prices', partition: 0, offset: 3 }])
  expect(await view.reached(further, 5_000)).toBe(true)
  expect(view.position('prices').toJSON()).toEqual({ prices: { 0: 1 } })
  await view.close()
})

test('it has caught up once it has seen all that was there at its start, and says so to who waits', async () => {
  const log = new MemoryLog()
  log.createTopic('prices', 1)
  log.append('prices', 0, Buffer.from('a'), Buffer.from('1'))
  const applied: string[] = []
  const view = new TopicView({
    name: 'prices',
    log: log.asLog(),
    sources: [
      viewSource({ name: 'prices', valueSerde: readable }, (key) => {
        applied.push(key)
      }),
    ],
    logger: silentLogger,
    metrics: noMetrics,
  })
  expect(await view.caughtUp(0)).toBe(false)
  const waiting = view.caughtUp(10_000).then((caughtUp) => [caughtUp, ...applied])
  view.start()
  expect(await waiting).toEqual([true, 'a'])
  expect(await view.caughtUp(0)).toBe(true)
  await view.close()
})
