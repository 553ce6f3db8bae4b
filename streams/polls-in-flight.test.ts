import { afterEach, expect, test } from 'vitest'
import { type Amount, AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { FaultyLog } from './fixtures/faulty-log.ts'
import { sumTopology } from './fixtures/sample-topology.ts'
import type { Topology } from './topology.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

/** Totals of two topics, whose partitions one task reads. */
function twoInputs(topics: readonly string[]): Topology {
  const topology = sumTopology()
  const subTopologies = topology.subTopologies.map((sub) => ({
    ...sub,
    nodes: sub.nodes.map((node) => (node.kind === 'source' ? { ...node, topics } : node)),
  }))
  return { ...topology, subTopologies }
}

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

const amounts = (from: number): Amount[] =>
  Array.from({ length: 20 }, (_, index) => ({ key: 'a', value: from + index }))

/** Records of the last input are fetched, but not handed out, while a commit is aborted in secret and the task begins again. */
async function fetchedBefore(topology: Topology, inputs: readonly string[]): Promise<AppHarness> {
  const place = await AppHarness.open()
  harness = place
  await place.createTopics(1, 'amounts', 'more', 'totals')
  const log = new FaultyLog(place.log)
  const streams = await place.start(topology, { log })
  const commits = gate()
  log.commitsMay = commits.opened
  await place.produce('amounts', amounts(0))
  await until(() => log.waitingCommits > 0)
  const batches = gate()
  log.batchesMay = batches.opened
  await place.produce(inputs.at(-1) ?? '', amounts(20))
  await until(() => log.heldRecords > 0)

  let faults = 1
  log.commitFault = () => (faults-- > 0 ? 'unknown-and-aborted' : 'none')
  const seeks = log.seeks
  commits.open()
  await until(() => log.seeks === seeks + inputs.length)
  log.batchesMay = Promise.resolve()
  batches.open()
  await caughtUp(streams)
  return place
}

/** Running totals of 0, 1, 2, ... */
const TOTALS = Array.from({ length: 40 }, (_, index) => ['a', String((index * (index + 1)) / 2)])

test('records fetched before the task began again are not taken ahead of those that it takes again', async () => {
  const place = await fetchedBefore(sumTopology(), ['amounts'])
  expect(await place.keyValues('totals')).toEqual(TOTALS)
})

test('records fetched before the task began again, of an input that it has not moved on, are taken once', async () => {
  const inputs = ['amounts', 'more']
  const place = await fetchedBefore(twoInputs(inputs), inputs)
  const totals = (await place.keyValues('totals')).map(([, value]) => Number(value))
  expect(totals).toHaveLength(TOTALS.length)
  expect(Math.max(...totals)).toBe(780)
})
