import { beforeEach, expect, test } from 'vitest'
import { StreamsError } from './errors.ts'
import { type Logger, silentLogger } from './logger.ts'
import { RegistryWait } from './registry-wait.ts'
import { prepareSerdesPatiently } from './serde-preparation.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { ManualTimers } from './testing/manual-timers.ts'
import type { TopologyPlan } from './worker/topology-plan.ts'

let clock: ManualClock
let timers: ManualTimers
let lines: string[]
let wait: RegistryWait
let calls: number
let away: boolean

beforeEach(() => {
  clock = new ManualClock()
  timers = new ManualTimers(clock)
  lines = []
  calls = 0
  away = true
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => void lines.push(message),
    info: (_fields, message) => void lines.push(message),
  }
  wait = new RegistryWait({
    place: {},
    logger,
    timers: { after: (ms, run) => timers.after(ms, run), turn: () => Promise.resolve() },
  })
})

async function ask(): Promise<void> {
  calls++
  if (away) throw new StreamsError('REGISTRY_UNAVAILABLE', 'refused', {}, 'Start it.')
}

async function pass(ms: number, step = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step)
    timers.runDue()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
}

test('it asks until the registry answers, ever more rarely, with one line at each change', async () => {
  const answered = wait.call(ask)
  await pass(600_000, 1_000)
  expect(calls).toBeGreaterThan(100)
  expect(calls).toBeLessThan(130)
  expect(lines).toHaveLength(1)
  away = false
  await pass(6_000)
  expect(await answered).toBe(true)
  expect(lines).toHaveLength(2)
})

test('its end ends the wait at once', async () => {
  const answered = wait.call(ask)
  await pass(1_000)
  wait.end()
  expect(await answered).toBe(false)
  const before = calls
  expect(await wait.call(ask)).toBe(false)
  expect(calls).toBe(before)
})

test('a refusal is an answer', async () => {
  const refusal = new StreamsError('AVRO_SCHEMA_INCOMPATIBLE', 'no', {}, 'Correct it.')
  await expect(wait.call(() => Promise.reject(refusal))).rejects.toBe(refusal)
  expect(lines).toEqual([])
})

test('a start waits two minutes for a registry and then says what is missing', async () => {
  const serde = { prepare: ask, serialize: () => Buffer.alloc(0), deserialize: () => '' }
  const node = { kind: 'source', topics: ['t'], keySerde: serde, valueSerde: serde }
  const plan = {
    subTopologies: [{ subTopology: { nodes: [node], stores: [] } }],
    physicalTopic: (topic: string) => topic,
    topology: { globalStores: [] },
  } as unknown as TopologyPlan
  let failure: unknown
  const prepared = prepareSerdesPatiently(plan, wait, clock).catch((error: unknown) => {
    failure = error
  })
  await pass(119_000, 1_000)
  expect(failure).toBeUndefined()
  await pass(7_000, 1_000)
  await prepared
  expect(failure).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
})
