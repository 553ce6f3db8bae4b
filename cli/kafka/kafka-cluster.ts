import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StreamsError, systemClock } from '#streams'
import { brokersKnown } from './broker-probe.ts'
import { ensureLibraries } from './kafka-libraries.ts'
import {
  type KafkaNode,
  type KafkaOptions,
  type KafkaPlan,
  nodesOf,
  planKafka,
} from './kafka-options.ts'
import { lastOutput, runningPid, startNode, stopNode } from './kafka-process.ts'

export interface KafkaNodeStatus {
  readonly id: number
  readonly address: string
  readonly pid: number | undefined
  /** Answers a metadata request. */
  readonly answers: boolean
}

const START_MS_MAX = 90_000
const PROBE_MS_MAX = 2_000

/**
 * Starts a local KRaft cluster without Docker and resolves with its addresses when every broker answers and knows the others. Nodes that
 * run already are left alone.
 * @throws {StreamsError} KAFKA_TOOL_MISSING, KAFKA_FETCH_FAILED, KAFKA_PORT_TAKEN, KAFKA_START_FAILED
 */
export async function kafkaStart(options: KafkaOptions = {}): Promise<readonly string[]> {
  const plan = planKafka(options)
  await ensureLibraries(plan)
  const nodes = nodesOf(plan)
  for (const node of nodes) {
    if ((await runningPid(node)) !== undefined) continue
    await refuseTakenPort(node)
    plan.onProgress(`starting broker ${node.id} on port ${node.port}`)
    await startNode(plan, node)
  }
  for (const node of nodes) await awaitNode(plan, node)
  return nodes.map(({ port }) => `127.0.0.1:${port}`)
}

/** Ends the nodes of this data directory, and nothing else. Resolves with how many ran. */
export async function kafkaStop(options: KafkaOptions = {}): Promise<number> {
  const nodes = existingNodes(planKafka(options))
  const stopped = await Promise.all(nodes.map((node) => stopNode(node)))
  return stopped.filter((ran) => ran).length
}

/** Stops the nodes and deletes their data; the fetched libraries stay. */
export async function kafkaWipe(options: KafkaOptions = {}): Promise<void> {
  await kafkaStop(options)
  const plan = planKafka(options)
  for (const node of existingNodes(plan)) rmSync(node.dir, { recursive: true, force: true })
  if (existsSync(plan.dataDir) && readdirSync(plan.dataDir).length === 0) {
    rmSync(plan.dataDir, { recursive: true })
  }
}

export async function kafkaStatus(options: KafkaOptions = {}): Promise<readonly KafkaNodeStatus[]> {
  const nodes = existingNodes(planKafka(options))
  return Promise.all(
    nodes.map(async (node) => ({
      id: node.id,
      address: `127.0.0.1:${node.port}`,
      pid: await runningPid(node),
      answers: (await brokersKnown('127.0.0.1', node.port, PROBE_MS_MAX)) > 0,
    })),
  )
}

/** The nodes that were ever started here, however many are asked for now. */
function existingNodes(plan: KafkaPlan): readonly KafkaNode[] {
  return nodesOf({ ...plan, brokers: 3 }).filter(({ dir }) =>
    existsSync(join(dir, 'server.properties')),
  )
}

async function refuseTakenPort(node: KafkaNode): Promise<void> {
  if ((await brokersKnown('127.0.0.1', node.port, PROBE_MS_MAX)) === 0) return
  throw new StreamsError(
    'KAFKA_PORT_TAKEN',
    `another broker answers on port ${node.port}`,
    { path: node.dir },
    'Choose another --port, or use that broker: orion start --brokers.',
  )
}

async function awaitNode(plan: KafkaPlan, node: KafkaNode): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + START_MS_MAX
  while ((await brokersKnown('127.0.0.1', node.port, PROBE_MS_MAX)) < plan.brokers) {
    const died = (await runningPid(node)) === undefined
    if (died || systemClock.monotonicMs() > deadlineMs) {
      const what = died ? 'ended at once' : 'did not answer within 90 s'
      throw new StreamsError(
        'KAFKA_START_FAILED',
        `broker ${node.id} ${what}: ${lastOutput(node)}`,
        { path: node.dir },
        'Read out.log there; a port in use or data of another version are usual causes (orion kafka wipe).',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
