import type { StreamWorkers } from '../start/stream-workers.ts'
import type { StoreArgs, StoreChecksum, StoreRow } from './operator.ts'
import { isGlobal, type StoreAccess } from './store-access.ts'
import type { KeptPart, ScanRange } from './store-reading.ts'

/** What is asked of a worker thread about its stores: plain data, as all between threads. */
export type StoreQuestion =
  | { readonly about: 'partitions'; readonly args: StoreArgs }
  | { readonly about: 'checksums'; readonly args: StoreArgs }
  | {
      readonly about: 'rows'
      readonly args: StoreArgs
      readonly partition: number
      readonly range: ScanRange
    }

/** In the worker: about the stores of its own topologies. */
export async function answerAboutStores(
  stores: StoreAccess,
  question: StoreQuestion,
): Promise<readonly (number | StoreChecksum | StoreRow)[]> {
  if (question.about === 'checksums') return stores.checksums(question.args)
  const parts = await stores.parts(question.args)
  if (question.about === 'partitions') return parts.map(({ partition }) => partition)
  const part = parts.find(({ partition }) => partition === question.partition)
  return part === undefined ? [] : [...(await part.scan(question.range))]
}

/** The stores of this thread and of the worker threads. A global store each of them has whole: that of this thread is shown. */
export function withWorkerStores(
  here: StoreAccess,
  workers: Pick<StreamWorkers, 'ask'> | undefined,
): StoreAccess {
  if (workers === undefined) return here
  const isKeptByEach = ({ topology: name, store }: StoreArgs): boolean => {
    const topology = here.topologies().find((one) => one.name === name)
    return topology !== undefined && isGlobal(topology, store)
  }
  // Workers answer what they are asked.
  const ask = async <T>(question: StoreQuestion): Promise<ReadonlyMap<string, readonly T[]>> =>
    (await workers.ask(question)) as ReadonlyMap<string, readonly T[]>
  return {
    topologies: () => here.topologies(),
    parts: async (args) => {
      const own = await here.parts(args)
      if (isKeptByEach(args)) return own
      const theirs = await ask<number>({ about: 'partitions', args })
      const parts = [...theirs.values()].flat().map(
        (partition): KeptPart => ({
          partition,
          scan: async (range) => {
            const rows = await ask<StoreRow>({ about: 'rows', args, partition, range })
            // One of them keeps it; while it moves, perhaps two.
            return [...rows.values()].find(({ length }) => length > 0) ?? []
          },
        }),
      )
      return inOrder([...own, ...parts])
    },
    checksums: async (args) => {
      const own = await here.checksums(args)
      if (isKeptByEach(args)) return own
      const theirs = await ask<StoreChecksum>({ about: 'checksums', args })
      return inOrder([...own, ...[...theirs.values()].flat()])
    },
  }
}

/** By partition; of one that goes from a thread to another at this moment the first that is found. */
function inOrder<Part extends { readonly partition: number }>(parts: readonly Part[]): Part[] {
  const byPartition = new Map<number, Part>()
  for (const part of parts)
    if (!byPartition.has(part.partition)) byPartition.set(part.partition, part)
  return [...byPartition.values()].sort((a, b) => a.partition - b.partition)
}
