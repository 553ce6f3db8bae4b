import { describeJson } from '../describe/json.ts'
import { StreamsError } from '../errors.ts'
import type { Topology } from '../topology.ts'

/** What `describe(topology, 'json')` prints, parsed: as much of it as versions are compared by. */
export interface TopologyDescription {
  readonly name: string
  readonly subTopologies: readonly SubTopologyDescription[]
  readonly globalStores: readonly {
    readonly topic: string
    readonly store: StoreDescription
  }[]
  readonly repartitionTopics: readonly {
    readonly topic: string
    readonly partitions: number | null
  }[]
  readonly generatedNames?: readonly string[]
}

export interface SubTopologyDescription {
  readonly id: number
  readonly nodes: readonly NodeDescription[]
  readonly stores: readonly StoreDescription[]
}

export interface NodeDescription {
  readonly kind: string
  readonly name: string
  /** Of a source. */
  readonly topics?: readonly string[]
  /** Of a sink. */
  readonly topic?: string
  readonly keyFormat?: string
  readonly valueFormat?: string
}

export interface StoreDescription {
  readonly name: string
  readonly kind: string
  readonly logged: boolean
  readonly persistent: boolean
  readonly keyFormat?: string
  readonly valueFormat?: string
  readonly valueReads?: readonly string[]
  readonly entriesMax?: number
  readonly windowSizeMs?: number
  readonly retentionMs?: number
  readonly historyRetentionMs?: number
  readonly retainDuplicates?: boolean
}

export function describeTopology(topology: Topology): TopologyDescription {
  return describeJson(topology)
}

/** @throws {StreamsError} TOPOLOGY_DESCRIPTION_INVALID */
export function parseDescription(text: string, source: string): TopologyDescription {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw invalid(source, cause)
  }
  if (!isDescription(parsed)) throw invalid(source)
  return parsed
}

function isDescription(value: unknown): value is TopologyDescription {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    isListOf(value['subTopologies'], isSubTopology) &&
    isListOf(value['globalStores'], (one) => hasText(one, 'topic') && isStore(one['store'])) &&
    isListOf(value['repartitionTopics'], (one) => hasText(one, 'topic'))
  )
}

function isSubTopology(value: unknown): boolean {
  if (!isRecord(value) || typeof value['id'] !== 'number') return false
  return isListOf(value['nodes'], isNode) && isListOf(value['stores'], isStore)
}

function isNode(value: unknown): boolean {
  if (!hasText(value, 'name') || !hasText(value, 'kind')) return false
  const { kind, topics, topic } = value
  if (kind === 'source') return isListOf(topics, (one) => typeof one === 'string')
  return kind !== 'sink' || typeof topic === 'string'
}

function isStore(value: unknown): boolean {
  return hasText(value, 'name') && hasText(value, 'kind') && typeof value['logged'] === 'boolean'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasText(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && typeof value[name] === 'string'
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne)
}

function invalid(source: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'TOPOLOGY_DESCRIPTION_INVALID',
    `${source} is not the description of a topology`,
    {},
    'Write one with orion topology describe NAME --format json.',
    cause,
  )
}
