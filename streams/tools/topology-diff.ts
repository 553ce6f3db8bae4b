import { diffStores, type StorePlace } from './store-diff.ts'
import type {
  NodeDescription,
  SubTopologyDescription,
  TopologyDescription,
} from './topology-description.ts'

/**
 * Whether a version can run on what another one left: `compatible` (it can), `needs-reset` (after a reset it can), `refused` (not even then).
 */
export type Verdict = 'compatible' | 'needs-reset' | 'refused'

export interface TopologyChange {
  readonly subject:
    | 'topology'
    | 'sub-topology'
    | 'source-topic'
    | 'sink-topic'
    | 'internal-topic'
    | 'store'
    | 'global-store'
    | 'node'
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly what: string
  readonly verdict: Verdict
}

export interface TopologyDiff {
  readonly verdict: Verdict
  readonly changes: readonly TopologyChange[]
}

/** A version of a topology, with partition counts where they are known: of internal topics (without application id) and inputs. */
export interface TopologyVersion {
  readonly description: TopologyDescription
  readonly partitions?: Readonly<Record<string, number>>
}

const RANK: readonly Verdict[] = ['compatible', 'needs-reset', 'refused']

/** The graver of verdicts. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return RANK[Math.max(0, ...verdicts.map((one) => RANK.indexOf(one)))] ?? 'compatible'
}

/** What changed from one version of a topology to another, and whether the new one can run on the state and internal topics of the old. */
export function diffTopologies(before: TopologyVersion, after: TopologyVersion): TopologyDiff {
  const [old, now] = [before.description, after.description]
  const changes: TopologyChange[] = []
  if (old.name !== now.name) {
    const what = `it was ${old.name}: another topology, whose state is another application's`
    changes.push({
      subject: 'topology',
      name: now.name,
      change: 'changed',
      what,
      verdict: 'refused',
    })
  }
  const generated = new Set([...(old.generatedNames ?? []), ...(now.generatedNames ?? [])])
  changes.push(
    ...diffSubTopologies(old, now),
    ...diffSources(old, now),
    ...diffSinks(old, now),
    ...diffInternalTopics(before, after),
    ...diffStores('store', storesOf(old), storesOf(now), generated),
    ...diffStores('global-store', globalsOf(old), globalsOf(now), generated),
    ...diffNodes(old, now),
  )
  return { verdict: worstOf(changes.map(({ verdict }) => verdict)), changes }
}

function diffSubTopologies(old: TopologyDescription, now: TopologyDescription): TopologyChange[] {
  const changes: TopologyChange[] = []
  const matched = new Set<SubTopologyDescription>()
  for (const sub of now.subTopologies) {
    const [match] = old.subTopologies
      .map((one) => ({ one, shared: sharedNames(one, sub) }))
      .filter(({ one, shared }) => shared > 0 && !matched.has(one))
      .sort((a, b) => b.shared - a.shared || a.one.id - b.one.id)
    const common = { subject: 'sub-topology', name: String(sub.id), verdict: 'compatible' } as const
    if (match === undefined) {
      changes.push({ ...common, change: 'added', what: `reads ${sourcesOf(sub).join(', ')}` })
      continue
    }
    matched.add(match.one)
    if (match.one.id === sub.id) continue
    const what = `it was ${match.one.id}: tasks are named anew, and their stores are restored from changelogs once; stop every instance of the old version first`
    changes.push({ ...common, change: 'changed', what })
  }
  for (const sub of old.subTopologies) {
    if (matched.has(sub)) continue
    const what = `read ${sourcesOf(sub).join(', ')}`
    const name = String(sub.id)
    changes.push({ subject: 'sub-topology', name, change: 'removed', what, verdict: 'compatible' })
  }
  return changes
}

/** Sources and stores count more than processors: they are what state hangs on. */
function sharedNames(a: SubTopologyDescription, b: SubTopologyDescription): number {
  const weights = new Map<string, number>()
  for (const { name } of a.nodes) weights.set(`node ${name}`, 1)
  for (const topic of sourcesOf(a)) weights.set(`topic ${topic}`, 100)
  for (const { name } of a.stores) weights.set(`store ${name}`, 100)
  return [
    ...b.nodes.map(({ name }) => `node ${name}`),
    ...sourcesOf(b).map((topic) => `topic ${topic}`),
    ...b.stores.map(({ name }) => `store ${name}`),
  ].reduce((sum, name) => sum + (weights.get(name) ?? 0), 0)
}

function diffSources(old: TopologyDescription, now: TopologyDescription): TopologyChange[] {
  const [before, after] = [inputsOf(old), inputsOf(now)]
  return differences(before, after, (name, change) => ({
    subject: 'source-topic',
    name,
    change,
    what:
      change === 'added'
        ? 'read from its start (or as its source says), whatever the others have reached'
        : 'no longer read; its committed offsets are forgotten',
    verdict: 'compatible',
  }))
}

function diffSinks(old: TopologyDescription, now: TopologyDescription): TopologyChange[] {
  return differences(outputsOf(old), outputsOf(now), (name, change) => ({
    subject: 'sink-topic',
    name,
    change,
    what: change === 'added' ? 'written from now on' : 'no longer written; what is there stays',
    verdict: 'compatible',
  }))
}

function diffInternalTopics(before: TopologyVersion, after: TopologyVersion): TopologyChange[] {
  const [old, now] = [before.description, after.description]
  const changes = differences(internalOf(old), internalOf(now), (name, change) => ({
    subject: 'internal-topic' as const,
    name,
    change,
    what:
      change === 'added'
        ? 'made at the start'
        : 'no longer read: records that wait on it would be lost; let the old version read it empty (lag 0) before it is stopped, or reset',
    verdict: change === 'added' ? ('compatible' as const) : ('needs-reset' as const),
  }))
  const counts = (version: TopologyVersion): Map<string, number> => {
    const declared = version.description.repartitionTopics.flatMap(({ topic, partitions }) =>
      partitions === null ? [] : [[topic, partitions] as const],
    )
    return new Map([...declared, ...Object.entries(version.partitions ?? {})])
  }
  const [oldCounts, nowCounts] = [counts(before), counts(after)]
  for (const [topic, count] of nowCounts) {
    const was = oldCounts.get(topic)
    if (was === undefined || was === count) continue
    const isInput = inputsOf(now).has(topic)
    const what = isInput
      ? `${was} partitions before, ${count} now: keys are in other partitions, and tasks with them`
      : `${was} partitions before, ${count} now`
    const subject = isInput ? ('source-topic' as const) : ('internal-topic' as const)
    const stateless = isInput && now.subTopologies.every(({ stores }) => stores.length === 0)
    const verdict = stateless ? 'compatible' : 'needs-reset'
    changes.push({ subject, name: topic, change: 'changed', what, verdict })
  }
  for (const [topic, formats] of formatsOf(now)) {
    const was = formatsOf(old).get(topic)
    if (was === undefined || was === formats) continue
    const what = `records are ${formats}, those that wait on it ${was}`
    changes.push({
      subject: 'internal-topic',
      name: topic,
      change: 'changed',
      what,
      verdict: 'needs-reset',
    })
  }
  return changes
}

function diffNodes(old: TopologyDescription, now: TopologyDescription): TopologyChange[] {
  const nodes = (of: TopologyDescription): Set<string> =>
    new Set(of.subTopologies.flatMap((sub) => sub.nodes.map(({ name }) => name)))
  return differences(nodes(old), nodes(now), (name, change) => ({
    subject: 'node',
    name,
    change,
    what: change === 'added' ? 'processes from now on' : 'processes no longer',
    verdict: 'compatible',
  }))
}

function differences(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  toChange: (name: string, change: 'added' | 'removed') => TopologyChange,
): TopologyChange[] {
  return [
    ...[...after].filter((name) => !before.has(name)).map((name) => toChange(name, 'added')),
    ...[...before].filter((name) => !after.has(name)).map((name) => toChange(name, 'removed')),
  ]
}

function nodesOf({ subTopologies }: TopologyDescription): readonly NodeDescription[] {
  return subTopologies.flatMap(({ nodes }) => nodes)
}

function sourcesOf({ nodes }: SubTopologyDescription): readonly string[] {
  return nodes.flatMap(({ topics = [] }) => topics)
}

function internalOf({ repartitionTopics }: TopologyDescription): Set<string> {
  return new Set(repartitionTopics.map(({ topic }) => topic))
}

function inputsOf(of: TopologyDescription): Set<string> {
  const internal = internalOf(of)
  const topics = of.subTopologies.flatMap(sourcesOf).filter((topic) => !internal.has(topic))
  return new Set(topics)
}

function outputsOf(of: TopologyDescription): Set<string> {
  const internal = internalOf(of)
  const topics = nodesOf(of).flatMap(({ kind, topic }) =>
    kind === 'sink' && topic !== undefined && !internal.has(topic) ? [topic] : [],
  )
  return new Set(topics)
}

/** Of internal topics whose serdes name what they write. */
function formatsOf(of: TopologyDescription): Map<string, string> {
  const formats = new Map<string, string>()
  const internal = internalOf(of)
  for (const { topics = [], keyFormat, valueFormat } of nodesOf(of)) {
    if (keyFormat === undefined || valueFormat === undefined) continue
    for (const topic of topics)
      if (internal.has(topic)) formats.set(topic, `${keyFormat} -> ${valueFormat}`)
  }
  return formats
}

function storesOf({ subTopologies }: TopologyDescription): StorePlace[] {
  return subTopologies.flatMap((sub) =>
    sub.stores.map((store) => ({ store, inputs: sourcesOf(sub) })),
  )
}

/** Whatever topic fills it is read whole at every start: only its kind can stand in the way. */
function globalsOf({ globalStores }: TopologyDescription): StorePlace[] {
  return globalStores.map(({ store, topic }) => ({ store, inputs: [topic] }))
}
