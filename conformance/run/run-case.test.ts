import { expect, test } from 'vitest'
import { upperCase } from '../fixtures/upper-case.ts'
import type { CaseRecord, CaseStep, ConformanceCase } from '../grammar/case.ts'
import { runCases } from './run-cases.ts'

const A: CaseRecord = { key: 'k', value: 'A', timestamp: 5 }
const NOTHING: CaseRecord = { key: 'k', value: null, timestamp: 6 }

const expecting = (...records: CaseRecord[]): CaseStep => ({
  expect: { output: 'out', mode: 'allSinceLastCheck', records },
})

function withSteps(...steps: CaseStep[]): ConformanceCase {
  return { ...upperCase, steps: [...upperCase.steps.slice(0, 2), ...steps] }
}

async function reportOf(conformanceCase: ConformanceCase) {
  const [report] = await runCases([{ file: 'a.json', conformanceCase }], {
    engine: 'memory',
    restart: 'never',
  })
  return report
}

test('a case that emits what was recorded passes, on either engine', async () => {
  expect(await reportOf(upperCase)).toMatchObject({ outcome: 'passed', mismatches: [] })
  const found = [{ file: 'a.json', conformanceCase: upperCase }]
  expect(await runCases(found, { engine: 'rocksdb', restart: 'never' })).toMatchObject([
    { outcome: 'passed' },
  ])
})

const DIFFERENCES: readonly (readonly [
  what: string,
  recorded: CaseRecord[],
  index: number,
  expected: CaseRecord | undefined,
  got: CaseRecord | undefined,
])[] = [
  ['another value', [A, { ...NOTHING, value: 'B' }], 1, { ...NOTHING, value: 'B' }, NOTHING],
  ['another time', [{ ...A, timestamp: 4 }, NOTHING], 0, { ...A, timestamp: 4 }, A],
  ['a number for a text', [{ ...A, key: 1 }, NOTHING], 0, { ...A, key: 1 }, A],
  ['another order', [NOTHING, A], 0, NOTHING, A],
  ['one record less', [A, NOTHING, A], 2, A, undefined],
  ['one record more', [A], 1, undefined, NOTHING],
]

test.each(DIFFERENCES)(
  '%s fails, with the first differing record',
  async (_, recorded, ...rest) => {
    const [index, wanted, got] = rest
    const report = await reportOf(withSteps(expecting(...recorded)))
    expect(report?.outcome).toBe('failed')
    expect(report?.mismatches).toMatchObject([{ step: 2, place: 'output out', index }])
    expect(report?.mismatches[0]?.expected).toEqual(wanted)
    expect(report?.mismatches[0]?.got).toEqual(got)
  },
)

test('a check sees what came since the one before', async () => {
  expect(await reportOf(withSteps(expecting(A, NOTHING), expecting()))).toMatchObject({
    outcome: 'passed',
  })
  expect(await reportOf(withSteps(expecting(A, NOTHING), expecting(A)))).toMatchObject({
    outcome: 'failed',
  })
})

test('with a quirk the case is not counted, runs to its end, and tells whether only more came', async () => {
  const lost: ConformanceCase = {
    ...withSteps(
      expecting(A),
      { pipe: { topic: 'in', key: 'k', value: 'b', timestamp: 7 } },
      expecting(),
    ),
    quirk: 'closedWindowLost',
  }
  const report = await reportOf(lost)
  expect(report?.outcome).toBe('quirk')
  expect(report?.mismatches).toMatchObject([
    { step: 2, onlyMore: true },
    { step: 4, onlyMore: true },
  ])
})

const INVALID: readonly (readonly [what: string, broken: ConformanceCase, message: string])[] = [
  [
    'an input that is not there',
    { ...upperCase, topology: { ...upperCase.topology, sinks: [{ from: 'none', topic: 'out' }] } },
    'there is no none to read from',
  ],
  [
    'a store that nobody keeps',
    withSteps({ expectStore: { store: 's', entries: [] } }),
    'no operator keeps a store s',
  ],
  [
    'a number where texts were declared',
    withSteps({ pipe: { topic: 'in', key: 'k', value: 1, timestamp: 7 } }),
    'CONFORMANCE_TYPE_MISMATCH',
  ],
]

test.each(INVALID)('%s fails with what is wrong', async (_, broken, message) => {
  const report = await reportOf(broken)
  expect(report?.outcome).toBe('failed')
  expect(report?.error?.message).toContain(message)
})
