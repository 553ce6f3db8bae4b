import { pathToFileURL } from 'node:url'
import { ROOT } from '../root.ts'

/** What is read of a `.cpuprofile` that `node --cpu-prof` writes. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
  }
  readonly children?: readonly number[]
}

/** Functions that called each other, merged over all samples. */
export interface Stack {
  /** Function and place: `poll streams/log/reader.ts:12`. */
  readonly name: string
  /** Whose code it is; what is native counts for its caller. */
  readonly room: string
  /** With everything called from here. */
  us: number
  readonly calls: Map<string, Stack>
}

export interface Stacks {
  readonly root: Stack
  readonly busyUs: number
  readonly idleUs: number
}

const PROJECT = `${pathToFileURL(ROOT).href}/`
const GARBAGE = '(garbage collector)'

/** All stacks of a profile as one tree, without the time in which there was nothing to do. */
export function stacksOf({ nodes, samples, timeDeltas }: CpuProfile): Stacks {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const root = stack('all', 'node')
  let idleUs = 0
  for (const [index, id] of samples.entries()) {
    const us = Math.max(0, timeDeltas[index] ?? 0)
    const path: ProfileNode[] = []
    for (let at = byId.get(id); at !== undefined; at = byId.get(parents.get(at.id) ?? -1))
      path.unshift(at)
    const [, first] = path
    if (first?.callFrame.functionName === '(idle)') idleUs += us
    else if (first !== undefined) add(root, path.slice(1), us)
  }
  return { root, busyUs: root.us, idleUs }
}

function add(root: Stack, path: readonly ProfileNode[], us: number): void {
  root.us += us
  let at = root
  for (const { callFrame } of path) {
    const name = nameOf(callFrame)
    let next = at.calls.get(name)
    if (next === undefined) {
      next = stack(name, roomOf(callFrame, at.room))
      at.calls.set(name, next)
    }
    next.us += us
    at = next
  }
}

function stack(name: string, room: string): Stack {
  return { name, room, us: 0, calls: new Map() }
}

function nameOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName === '' ? 'anonymous' : functionName
  const place = placeOf(url)
  return place === '' ? name : `${name} ${place}:${lineNumber + 1}`
}

/** Path in the project, in a library, or in Node; no directory of the machine. */
function placeOf(url: string): string {
  const library = url.lastIndexOf('node_modules/')
  if (library >= 0) return url.slice(library + 'node_modules/'.length)
  if (url.startsWith(PROJECT)) return url.slice(PROJECT.length)
  if (url.startsWith('node:')) return url
  return url.startsWith('wasm:') ? 'wasm' : (url.split('/').at(-1) ?? '')
}

function roomOf({ functionName, url }: ProfileNode['callFrame'], caller: string): string {
  if (functionName === GARBAGE) return 'gc'
  const library = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  // They stand behind one room each.
  if (library === 'avsc' || library === '@kafkajs/confluent-schema-registry') return 'avro'
  if (library === '@nxtedition/rocksdb') return 'state-stores'
  if (library !== undefined) return 'libraries'
  if (url.startsWith(PROJECT)) return url.slice(PROJECT.length).split('/')[0] ?? 'node'
  return url.startsWith('node:') ? 'node' : caller
}
