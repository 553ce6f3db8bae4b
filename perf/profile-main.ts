/**
 * Self time of a CPU profile by room and by function, so that one knows whose code to look at.
 *
 *   node bin/node.js perf/profile-main.ts FILE.cpuprofile [--top N]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const ROOT = pathToFileURL(join(import.meta.dirname, '..')).href

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { top: { type: 'string', default: '40' } },
})
const profile = JSON.parse(readFileSync(positionals[0] ?? '', 'utf8')) as Profile
const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
const parents = new Map<number, number>()
for (const { id, children = [] } of profile.nodes)
  for (const child of children) parents.set(child, id)

const byRoom = new Map<string, number>()
const byFunction = new Map<string, number>()
let totalMs = 0
let idleMs = 0
for (const [index, id] of profile.samples.entries()) {
  const ms = (profile.timeDeltas[index] ?? 0) / 1_000
  const name = nodes.get(id)?.callFrame.functionName
  totalMs += ms
  if (name === '(idle)') idleMs += ms
  else {
    add(byRoom, roomOf(id), ms)
    add(byFunction, functionOf(id), ms)
  }
}
const busyMs = totalMs - idleMs
process.stdout.write(
  `${(totalMs / 1_000).toFixed(1)} s, idle ${percent(idleMs, totalMs)}; of the rest:\n\n`,
)
print(byRoom, 20)
process.stdout.write('\n')
print(byFunction, Number(values.top))

/** Code of Node itself, and native code, counts for the nearest caller of ours: what it is called for. */
function roomOf(id: number): string {
  const own = nodes.get(id)?.callFrame.functionName ?? ''
  if (own === '(garbage collector)' || own === '(program)') return own
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const place = placeOf(nodes.get(at)?.callFrame.url ?? '')
    if (place !== undefined)
      return place
        .split('/')
        .slice(0, place.startsWith('streams/') ? 2 : 1)
        .join('/')
  }
  return 'node'
}

function functionOf(id: number): string {
  const { functionName = '', url = '', lineNumber = 0 } = nodes.get(id)?.callFrame ?? {}
  const place = placeOf(url)
  if (place !== undefined) return `${functionName || 'anonymous'} ${place}:${lineNumber + 1}`
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url)
  if (library !== null)
    return `${functionName || 'anonymous'} ${library[1]} ${library[2]}:${lineNumber + 1}`
  for (let at = parents.get(id); at !== undefined; at = parents.get(at)) {
    const { callFrame } = nodes.get(at) ?? {}
    const caller = placeOf(callFrame?.url ?? '')
    if (caller !== undefined)
      return `${functionName || 'anonymous'} ${url} < ${callFrame?.functionName} ${caller}:${(callFrame?.lineNumber ?? 0) + 1}`
  }
  return `${functionName} ${url}`.trim()
}

/** Path in the project; undefined for Node's and libraries' code. */
function placeOf(url: string): string | undefined {
  return url.startsWith(ROOT) && !url.includes('/node_modules/')
    ? url.slice(ROOT.length + 1)
    : undefined
}

function add(sums: Map<string, number>, name: string, ms: number): void {
  sums.set(name, (sums.get(name) ?? 0) + ms)
}

function print(sums: ReadonlyMap<string, number>, top: number): void {
  for (const [name, ms] of [...sums].sort(([, a], [, b]) => b - a).slice(0, top))
    process.stdout.write(
      `${percent(ms, busyMs).padStart(6)} ${ms.toFixed(0).padStart(8)} ms  ${name}\n`,
    )
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)}%`
}
