import { expect, test } from 'vitest'
import type { FetchedBatch, GroupConsumer } from '../log/log.ts'
import type { ActiveTask } from './active-task.ts'
import { PendingPoll } from './pending-poll.ts'

const BATCH: FetchedBatch = {
  topic: 't',
  partition: 0,
  records: [],
  nextOffset: 5,
  endOffset: 5,
}

const clock = { nowMs: () => 0, monotonicMs: () => 0 }
const OPTIONS = { maxWaitMs: 0, recordsMax: 1 }

function poll(answer: () => Promise<readonly FetchedBatch[]>) {
  let ended = () => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const pending = new PendingPoll(clock, () => ended())
  const consumer = { poll: answer } as unknown as GroupConsumer
  return { pending, consumer, end }
}

const task = () => ({ repositions: 3 }) as unknown as ActiveTask

test('no other may start before what the last one brought is taken: it may bring the same records', async () => {
  const { pending, consumer, end } = poll(async () => [BATCH])
  expect(pending.isIdle).toBe(true)
  pending.start(consumer, [], OPTIONS)
  expect(pending.isIdle).toBe(false)
  await end
  expect(pending.isIdle).toBe(false)
  expect(pending.take().batches).toEqual([BATCH])
  expect(pending.isIdle).toBe(true)
  expect(pending.take().batches).toEqual([])
})

test('a task whose position was set since the poll began, or that is new, is in doubt', async () => {
  const { pending, consumer, end } = poll(async () => [BATCH])
  const [same, moved] = [task(), task()]
  pending.start(consumer, [same, moved], OPTIONS)
  await end
  Object.assign(moved, { repositions: 4 })
  const polled = pending.take()
  expect([same, moved, task()].map((one) => polled.soughtSince(one))).toEqual([false, true, true])
})

test('a failure is handed out once', async () => {
  const failure = new Error('away')
  const { pending, consumer, end } = poll(async () => {
    throw failure
  })
  pending.start(consumer, [], OPTIONS)
  await end
  expect(pending.take()).toMatchObject({ batches: [], failure: { error: failure } })
  expect(pending.take().failure).toBeUndefined()
})
