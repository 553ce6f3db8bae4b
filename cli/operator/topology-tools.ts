import { rmSync } from 'node:fs'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { StreamsError, systemClock, type Topology } from '#streams'
import type { Log } from '#streams/log'
import {
  type DeployedDiff,
  diffWithDeployed,
  planReset,
  type ResetStep,
  type ResetTarget,
  resetTopology,
  topologyStatus,
} from '#streams/tools'
import type { Topics } from '#topics'
import { type TopologySettings, topologies } from '#topologies'
import { applicationId, streamsDirectory } from '../start/open-topology.ts'
import { VERSION } from '../version.ts'
import type { TopologySummary } from './operator.ts'
import { streamed } from './streamed.ts'
import { workerDirectoriesOf } from './task-directories.ts'

export interface ResetArgs {
  readonly topology: string
  readonly target: ResetTarget
  readonly truncateOutputs: boolean
  readonly dryRun: boolean
}

/** One line of a reset: a step, or what to know beside them. */
export interface ResetRow {
  readonly index?: number
  readonly count?: number
  readonly step: ResetStep['step'] | 'note'
  readonly what: string
}

export interface TopologyToolsOptions {
  readonly env: string
  readonly dataDir: string
  readonly log: Log
  readonly topics: Topics
  /** Those that the topologies run with here; the default ones where none runs. */
  readonly settings?: TopologySettings
}

/** What the operator asks of the topologies themselves, on a log that is open here. */
export class TopologyTools {
  readonly #options: TopologyToolsOptions

  constructor(options: TopologyToolsOptions) {
    this.#options = options
  }

  async *list(): AsyncIterable<TopologySummary> {
    const { env, log, topics } = this.#options
    for (const { name, does, build } of topologies) {
      const status = await topologyStatus(log, build(topics), applicationId(env, name))
      const { running, members, tasks, lag, version, resetUnfinished } = status
      yield {
        topology: name,
        application: status.applicationId,
        state: resetUnfinished ? 'reset unfinished' : running ? 'running' : 'stopped',
        threads: members.length,
        tasks,
        lag,
        deployed: version,
        here: VERSION,
        does,
      }
    }
  }

  async *diff({ topology: name }: { readonly topology: string }): AsyncIterable<DeployedDiff> {
    const { env, log } = this.#options
    yield await diffWithDeployed(log, this.#build(name), applicationId(env, name))
  }

  async *reset({ topology: name, dryRun, ...wanted }: ResetArgs): AsyncIterable<ResetRow> {
    const { env, log, dataDir } = this.#options
    const options = {
      log,
      topology: this.#build(name),
      applicationId: applicationId(env, name),
      directory: streamsDirectory(dataDir),
      nowMs: systemClock.nowMs(),
      ...wanted,
    }
    if (dryRun) {
      const { steps, notes } = await planReset(options)
      for (const [index, { step, what }] of steps.entries())
        yield { index: index + 1, count: steps.length, step, what }
      for (const what of notes) yield { step: 'note', what }
      return
    }
    const stores = createStoreBackend(rocksdbEngine())
    yield* streamed<ResetRow>(async (emit) => {
      await resetTopology({
        ...options,
        stores,
        onStep: ({ step, what }, index, count) => emit({ index, count, step, what }),
      })
      // Nobody runs it: what worker threads have left is as void as what was deleted.
      for (const path of workerDirectoriesOf(dataDir, options.applicationId))
        rmSync(path, { recursive: true, force: true })
    })
  }

  #build(name: string): Topology {
    return buildTopology(name, this.#options.topics)
  }
}

/** @throws {StreamsError} TOPOLOGY_UNKNOWN */
export function buildTopology(name: string, topics: Topics, settings?: TopologySettings): Topology {
  const entry = topologies.find((one) => one.name === name)
  if (entry !== undefined) return entry.build(topics, settings)
  throw unknownTopology(
    name,
    topologies.map((one) => one.name),
  )
}

export function unknownTopology(name: string, known: readonly string[]): StreamsError {
  return new StreamsError(
    'TOPOLOGY_UNKNOWN',
    `there is no topology ${name} here`,
    {},
    `Choose among ${known.join(', ')}`,
  )
}
