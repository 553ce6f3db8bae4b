import { describe, expect, test } from 'vitest'
import { source } from '../fixtures/sample-topology.ts'
import { InputQueues } from './input-queues.ts'
import { SourceRunner } from './source-runner.ts'

const IDLE_MS = 1_000

/** Two inputs, of which `left` has a record. Nothing more is known to come. */
function oneSided(maxTaskIdleMs: number): InputQueues {
  const topics = ['left', 'right']
  const node = source({ name: 'in', topics })
  if (node.kind !== 'source') throw new Error('a source expected')
  const runner = new SourceRunner(node, [])
  const graph = {
    sources: new Map(topics.map((topic) => [topic, runner])),
    processors: [],
    receivers: [],
  }
  const inputs = topics.map((topic) => ({
    topic,
    logicalTopic: topic,
    partition: 0,
    position: 0,
    metadata: undefined,
    endOffset: 0,
  }))
  const queues = new InputQueues(inputs, graph, maxTaskIdleMs)
  const record = {
    offset: 0,
    timestampMs: 5,
    key: Buffer.from('k'),
    value: Buffer.from('1'),
    headers: [],
  }
  queues
    .find('left', 0)
    ?.add({ topic: 'left', partition: 0, records: [record], nextOffset: 1, endOffset: 1 })
  return queues
}

describe('a task with an empty input', () => {
  test('waits for it as long as maxTaskIdleMs says', () => {
    const queues = oneSided(IDLE_MS)
    expect(queues.isReady(500_000)).toBe(false)
    expect(queues.isReady(500_000 + IDLE_MS - 1)).toBe(false)
    expect(queues.isReady(500_000 + IDLE_MS)).toBe(true)
  })

  test('does not wait until a wall clock that was set back has caught up', () => {
    const queues = oneSided(IDLE_MS)
    expect(queues.isReady(500_000)).toBe(false)
    expect(queues.isReady(100_000)).toBe(false)
    expect(queues.isReady(100_000 + IDLE_MS)).toBe(true)
  })

  test('goes on at once where nothing is known to come and no time is given', () => {
    expect(oneSided(0).isReady(500_000)).toBe(true)
  })
})
