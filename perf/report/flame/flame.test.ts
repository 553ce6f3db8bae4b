import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ROOT } from '../root.ts'
import { type CpuProfile, stacksOf } from './cpu-profile.ts'
import { flameSchema, flameText, framesOf } from './flame-file.ts'
import { flameSvg } from './flame-svg.ts'

const OURS = pathToFileURL(`${ROOT}/streams/task/run.ts`).href
const AVSC = pathToFileURL(`${ROOT}/node_modules/avsc/lib/types.js`).href

function node(id: number, functionName: string, url = '', children: readonly number[] = []) {
  return { id, callFrame: { functionName, url, lineNumber: 9 }, children }
}

/** run calls decode by two ways that are one function each; rare is hardly there. */
const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)', '', [2, 3, 7, 8]),
    node(2, '(idle)'),
    node(3, 'run', OURS, [4, 5, 6]),
    node(4, 'decode', AVSC),
    node(5, 'decode', AVSC),
    node(6, 'native'),
    node(7, '(garbage collector)'),
    node(8, 'rare<x>', OURS),
  ],
  samples: [2, 3, 4, 5, 6, 7, 8],
  timeDeltas: [5_000, 1_000, 2_000, 3_000, 1_000, 2_990, 10],
}

function flame() {
  const stacks = stacksOf(PROFILE)
  return {
    ...{ title: 'A <flame>', command: 'bench', commit: 'abcdef0123', date: '2026-01-05T00:00:00Z' },
    machine: '2 x a CPU',
    busyUs: stacks.busyUs,
    idleUs: stacks.idleUs,
    frames: framesOf(stacks),
  }
}

test('equal stacks are one, idle time is apart, and what hardly takes time is left out', () => {
  expect(flame()).toMatchObject({ busyUs: 10_000, idleUs: 5_000 })
  expect(flame().frames).toEqual([
    [0, 10_000, 'node', 'all'],
    [1, 2_990, 'gc', '(garbage collector)'],
    [1, 7_000, 'streams', 'run streams/task/run.ts:10'],
    [2, 5_000, 'avro', 'decode avsc/lib/types.js:10'],
    [2, 1_000, 'streams', 'native'],
  ])
})

test('what is kept gives the same picture again, without a path of the machine', () => {
  const text = flameText(flame())
  expect(flameSvg(flameSchema.parse(JSON.parse(text)))).toBe(flameSvg(flame()))
  expect(text).not.toContain(ROOT)
})

test('each frame has its share in a tooltip, and text is escaped', () => {
  const svg = flameSvg(flame())
  expect(svg).toContain('<title>decode avsc/lib/types.js:10, avro: 5 ms, 50.0 %</title>')
  expect(svg).toContain('A &lt;flame&gt;')
  // run has 1 ms of its own besides what it calls; native code counts for it.
  expect(svg).toContain('>streams 20 %<')
})
