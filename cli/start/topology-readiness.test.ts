import { expect, test } from 'vitest'
import type { StreamsMetadata, TaskMetadata, ThreadMetadata } from '#streams'
import { topologyReadiness } from './topology-readiness.ts'

const calm: StreamsMetadata = {
  ...{ applicationId: 'a', topology: 't', state: 'RUNNING', threads: [], globalStoreBytes: {} },
}

test('a topology is ready when it runs', () => {
  expect(topologyReadiness(calm)).toEqual({ ok: true, detail: 'RUNNING' })
  expect(topologyReadiness({ ...calm, state: 'REBALANCING' })).toEqual({
    ok: false,
    detail: 'REBALANCING',
  })
})

test('partitions that wait for the schema registry are named', () => {
  const schemaWaits = [{ topic: 'trades', partition: 3, offset: 17, attempts: 2, error: 'refused' }]
  const task: TaskMetadata = {
    ...{ taskId: '0_3', state: 'RUNNING', inputs: [], stores: [], storeBytes: {} },
    ...{ nodeRecords: {}, retry: undefined, restore: [], schemaWaits },
  }
  const threads: ThreadMetadata[] = [
    { name: 'one', state: 'RUNNING', tasks: [task], standbyTasks: [] },
  ]
  expect(topologyReadiness({ ...calm, threads })).toEqual({
    ok: false,
    detail:
      'RUNNING; 1 partitions wait for the schema registry, trades-3 at 17 the first of them: refused',
  })
})
