import type { TopologyTestDriver } from '#streams/testing'
import { cellOf } from '../functions/cell.ts'
import { serdeOf } from '../functions/cell-type.ts'
import type { CaseEntry, CaseStep, ConformanceCase } from '../grammar/case.ts'
import { type BuiltTopology, buildTopology } from '../topology/build.ts'
import { invalidCase } from '../topology/graph.ts'
import { type CaseSetup, openDriver } from './case-driver.ts'
import {
  type Difference,
  firstDifference,
  firstDifferenceOfSets,
  hasAllInOrder,
} from './comparison.ts'
import { recordOf } from './records.ts'
import { storeContents } from './store-contents.ts'

export interface Mismatch extends Difference {
  readonly step: number
  /** The output or the store. */
  readonly place: string
  /** All that was recorded came, in its order; the rest came on top. */
  readonly onlyMore: boolean
}

export interface CaseError {
  /** Undefined: the topology could not be built. */
  readonly step: number | undefined
  readonly message: string
}

/** What came of a case. With a quirk every step is run and all mismatches are kept; else the first ends it. */
export interface CaseResult {
  readonly mismatches: readonly Mismatch[]
  readonly error: CaseError | undefined
}

/** Runs one case through the test driver. */
export async function runCase(
  conformanceCase: ConformanceCase,
  setup: CaseSetup,
): Promise<CaseResult> {
  const mismatches: Mismatch[] = []
  const place: { step: number | undefined } = { step: undefined }
  try {
    const { topology } = conformanceCase
    const built = buildTopology(topology)
    const driver = await openDriver(built.topology, {
      ...setup,
      caching: topology.caching === true,
    })
    try {
      await runSteps(conformanceCase, { driver, built, setup, mismatches, place })
    } finally {
      await driver.close()
    }
  } catch (error) {
    return { mismatches, error: { ...place, message: messageOf(error) } }
  }
  return { mismatches, error: undefined }
}

async function runSteps(
  { steps, quirk }: ConformanceCase,
  run: {
    readonly driver: TopologyTestDriver
    readonly built: BuiltTopology
    readonly setup: CaseSetup
    readonly mismatches: Mismatch[]
    readonly place: { step: number | undefined }
  },
): Promise<void> {
  const { driver, mismatches } = run
  const { restart } = run.setup
  const runStep = stepRunner(driver, run.built)
  for (const [step, current] of steps.entries()) {
    run.place.step = step
    const isInput = current.expect === undefined && current.expectStore === undefined
    if (restart !== 'never' && isInput) await driver.restart({ wipe: restart === 'wipe' })
    const found = runStep(current)
    if (found === undefined) continue
    mismatches.push({ ...found, step })
    if (quirk === undefined) return
  }
}

type StepRunner = (step: CaseStep) => Omit<Mismatch, 'step'> | undefined

function stepRunner(driver: TopologyTestDriver, built: BuiltTopology): StepRunner {
  const inputs = new Map(
    [...built.inputs].map(([topic, { key, value }]) => [
      topic,
      driver.createInputTopic(topic, serdeOf(key), serdeOf(value)),
    ]),
  )
  const outputs = new Map(
    [...built.outputs].map(([topic, { key, value }]) => [
      topic,
      driver.createOutputTopic(topic, serdeOf(key), serdeOf(value)),
    ]),
  )
  return ({ pipe, advanceWallClock, expect, expectStore }) => {
    if (pipe !== undefined) {
      const input = inputs.get(pipe.topic)
      if (input === undefined) throw invalidCase(`no source reads ${pipe.topic}`)
      input.pipe(cellOf(pipe.key), cellOf(pipe.value), { timestampMs: pipe.timestamp })
    }
    if (advanceWallClock !== undefined) driver.advanceWallClock(advanceWallClock.ms)
    if (expect !== undefined) {
      const output = outputs.get(expect.output)
      if (output === undefined) throw invalidCase(`no sink writes ${expect.output}`)
      const got = output
        .readRecords()
        .map(({ key, value, timestampMs }) => recordOf(key, value, timestampMs))
      const place = `output ${expect.output}`
      return mismatchOf(place, firstDifference(expect.records, got), expect.records, got)
    }
    if (expectStore !== undefined) {
      const { store: name, entries, query } = expectStore
      const kind = built.stores.get(name)?.kind
      if (kind === undefined) throw invalidCase(`no operator keeps a store ${name}`)
      const got = storeContents(driver, { name, kind }, query)
      return mismatchOf(`store ${name}`, firstDifferenceOfSets(entries, got), entries, got)
    }
    return undefined
  }
}

function mismatchOf(
  place: string,
  difference: Difference | undefined,
  expected: readonly CaseEntry[],
  got: readonly CaseEntry[],
): Omit<Mismatch, 'step'> | undefined {
  if (difference === undefined) return undefined
  return { ...difference, place, onlyMore: hasAllInOrder(expected, got) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
