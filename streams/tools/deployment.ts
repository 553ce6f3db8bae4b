import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { StoreBackend } from '../store.ts'
import type { Topology } from '../topology.ts'
import { planOnLog, type TopologyPlan } from '../worker/topology-plan.ts'
import { readToEnd } from './read-topic.ts'
import { describeTopology } from './topology-description.ts'
import type { TopologyVersion } from './topology-diff.ts'

/** What an application's instances left on the log about themselves: topic `<application.id>-topology`, compacted. */
export interface Deployment {
  /** The version that ran last. */
  readonly running: (TopologyVersion & { readonly version: string }) | undefined
  /** Undefined before the first reset. */
  readonly reset: ResetMark | undefined
}

export interface ResetMark {
  /** Resets so far: local state of an earlier generation is void. */
  readonly generation: number
  /** A reset that was begun and has not ended: nothing may start. */
  readonly unfinished: boolean
}

const CLIENT_ID = 'orion-topology'
const RUNNING_KEY = 'running'
const RESET_KEY = 'reset'
const GENERATION_FILE = 'generation'

function deploymentTopic(applicationId: string): string {
  return `${applicationId}-topology`
}

/** @throws {StreamsError} TOPOLOGY_RECORD_UNREADABLE */
export async function readDeployment(log: Log, applicationId: string): Promise<Deployment> {
  const topic = deploymentTopic(applicationId)
  const entries = new Map<string, unknown>()
  if (!(await log.admin.listTopics()).includes(topic)) return deploymentOf(entries)
  const position = { topic, partition: 0, offset: 0 }
  for await (const { records } of readToEnd(log, CLIENT_ID, [position])) {
    for (const { key, value, offset } of records) {
      if (key === null) continue
      const name = textOf(key)
      if (value === null) entries.delete(name)
      else entries.set(name, parsed(value, { topic, partition: 0, offset }))
    }
  }
  return deploymentOf(entries)
}

/** Before an instance starts: refuses beside an unfinished reset, and wipes local state that a reset has made void. @throws {StreamsError} TOPOLOGY_RESET_UNFINISHED */
export async function prepareDeployment(options: {
  readonly log: Log
  readonly applicationId: string
  /** As of `StreamsOptions`. */
  readonly directory: string
  readonly stores: StoreBackend
  readonly logger: Logger
}): Promise<void> {
  const { log, applicationId, stores, logger } = options
  const { reset } = await readDeployment(log, applicationId)
  if (reset === undefined) return
  if (reset.unfinished) {
    throw new StreamsError(
      'TOPOLOGY_RESET_UNFINISHED',
      `a reset of ${applicationId} was begun and has not ended`,
      {},
      'Run the same reset again: orion topology reset NAME.',
    )
  }
  const directory = join(options.directory, applicationId)
  const local = localGeneration(directory)
  if (local >= reset.generation) return
  for (const path of stateDirectories(directory)) {
    logger.info({ path }, 'local state from before a reset is deleted')
    await stores.wipe(path)
  }
  writeGeneration(directory, reset.generation)
}

/** After an instance has started: tells the tools which version runs. Writes only what is news. */
export async function recordDeployment(options: {
  readonly log: Log
  readonly topology: Topology
  readonly applicationId: string
  readonly version: string
  /** Of the record. */
  readonly nowMs: number
}): Promise<void> {
  const { log, topology, applicationId, version, nowMs } = options
  const plan = await planOnLog(topology, applicationId, log.admin)
  const running = { version, ...versionOf(plan) }
  const { running: before } = await readDeployment(log, applicationId)
  if (JSON.stringify(before) === JSON.stringify(running)) return
  await writeEntries(log, applicationId, { [RUNNING_KEY]: running }, nowMs)
}

/** A topology with the partition counts that it has, or would have, on this log. */
export function versionOf({
  topology,
  applicationId,
  internalTopics,
  inputTopics,
  partitionCounts,
}: TopologyPlan): TopologyVersion {
  const own = `${applicationId}-`
  const partitions: Record<string, number> = {}
  for (const topic of inputTopics)
    if (!internalTopics.some((one) => one.topic === topic))
      partitions[topic] = partitionCounts.get(topic) ?? 0
  for (const { topic, partitions: count } of internalTopics)
    partitions[topic.startsWith(own) ? topic.slice(own.length) : topic] = count
  return { description: describeTopology(topology), partitions }
}

export async function writeResetMark(
  log: Log,
  applicationId: string,
  mark: ResetMark,
  nowMs: number,
): Promise<void> {
  await writeEntries(log, applicationId, { [RESET_KEY]: mark }, nowMs)
}

/** The end of a reset: what ran before is nothing that a version has to fit any more. */
export async function writeResetDone(
  log: Log,
  applicationId: string,
  generation: number,
  nowMs: number,
): Promise<void> {
  const mark: ResetMark = { generation, unfinished: false }
  await writeEntries(log, applicationId, { [RUNNING_KEY]: null, [RESET_KEY]: mark }, nowMs)
}

/** The directories of an application's tasks and global stores. */
export function stateDirectories(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name))
}

export function writeGeneration(directory: string, generation: number): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, GENERATION_FILE), `${generation}\n`)
}

function localGeneration(directory: string): number {
  const path = join(directory, GENERATION_FILE)
  if (!existsSync(path)) return 0
  const generation = Number(readFileSync(path, 'utf8'))
  return Number.isSafeInteger(generation) ? generation : 0
}

async function writeEntries(
  log: Log,
  applicationId: string,
  entries: Readonly<Record<string, unknown>>,
  timestampMs: number,
): Promise<void> {
  const topic = deploymentTopic(applicationId)
  await log.admin.createTopics([
    { topic, partitions: 1, cleanup: 'compact', retentionMs: -1, retentionBytes: -1 },
  ])
  const producer = await log.createProducer({ clientId: CLIENT_ID })
  try {
    const records = Object.entries(entries).map(([name, entry]) => ({
      key: Buffer.from(name),
      value: entry === null ? null : Buffer.from(JSON.stringify(entry)),
      timestampMs,
    }))
    await producer.send([{ topic, partition: 0, records }])
  } finally {
    await producer.close()
  }
}

function deploymentOf(entries: ReadonlyMap<string, unknown>): Deployment {
  return {
    running: entries.get(RUNNING_KEY) as Deployment['running'],
    reset: entries.get(RESET_KEY) as Deployment['reset'],
  }
}

function parsed(
  value: Uint8Array,
  place: { readonly topic: string; readonly partition: number; readonly offset: number },
): unknown {
  try {
    return JSON.parse(textOf(value))
  } catch (cause) {
    throw new StreamsError(
      'TOPOLOGY_RECORD_UNREADABLE',
      'the record of what runs is not JSON',
      place,
      'Delete the topic: the next start writes it anew.',
      cause,
    )
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
