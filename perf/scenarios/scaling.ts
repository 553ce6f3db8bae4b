import { z } from 'zod'
import { onEachLog } from '../measuring/logs.ts'
import { keyCurve, partitionCurve } from '../scaling/snapshot-curves.ts'
import { topologyCurve } from '../scaling/topology-curve.ts'
import { logOptions, scenario, seedOption } from '../scenario.ts'

const CURVES = { partitions: partitionCurve, keys: keyCurve, topologies: topologyCurve }
const NAMES = ['partitions', 'keys', 'topologies'] as const

const LIST = z.string().regex(/^\d+(,\d+)*$/, 'numbers, several separated by commas')

function listOf(fallback: string, min: number, max: number): z.ZodType<string> {
  return LIST.refine(
    (text) => text.split(',').every((part) => Number(part) >= min && Number(part) <= max),
    `from ${min} to ${max}`,
  ).default(fallback)
}

export const scaling = scenario({
  name: 'scaling',
  question:
    'What does a record cost as the work grows: partitions and workers, keys, topologies in a process?',
  options: {
    curve: {
      schema: z.enum([...NAMES, 'all']).default('all'),
      doc: 'partitions (by workers), keys, topologies, or all of them.',
    },
    runs: {
      schema: z.coerce.number().int().min(1).max(100).default(3),
      doc: 'Times that each point is measured, in a fresh process; figures are medians.',
    },
    records: {
      schema: z.coerce.number().int().min(1_000).max(50_000_000).default(1_000_000),
      doc: 'Ticks at each point of the curves of partitions and keys.',
    },
    partitions: {
      schema: listOf('1,2,4,8', 1, 64),
      doc: 'Partitions of the curve of partitions, separated by commas.',
    },
    workers: {
      schema: listOf('1,2', 1, 16),
      doc: 'Threads of the curve of partitions, with an event loop each, separated by commas.',
    },
    keys: {
      schema: listOf('500,5000,50000,500000,1000000', 1, 50_000_000),
      doc: 'Keys of the curve of keys, separated by commas; one partition, one thread.',
    },
    topologies: {
      schema: listOf('1,2,3,4,5,6,7,8', 1, 8),
      doc: 'Topologies in the process, the first so many of the catalogue, separated by commas.',
    },
    rate: {
      schema: z.coerce.number().min(1).max(100_000).default(2_000),
      doc: 'Ticks per second of the curve of topologies.',
    },
    seconds: {
      schema: z.coerce.number().int().min(1).max(600).default(20),
      doc: 'Measured time of each point of the curve of topologies, in s.',
    },
    warmUp: {
      schema: z.coerce.number().int().min(0).max(600).default(10),
      doc: 'Time at the rate before it, in s.',
    },
    idleSeconds: {
      schema: z.coerce.number().int().min(1).max(600).default(10),
      doc: 'Time without ticks before that, in s, for the CPU of topologies that have nothing to do.',
    },
    instruments: {
      schema: z.coerce.number().int().min(1).max(5_000).default(500),
      doc: 'Instruments of the curve of topologies.',
    },
    commitIntervalMs: {
      schema: z.coerce.number().int().min(1).max(60_000).default(100),
      doc: 'Longest time between commits, in ms.',
    },
    seed: seedOption,
    ...logOptions,
  },
  run: (values, bench) =>
    onEachLog(values, bench, async (log) => {
      for (const name of NAMES)
        if (values.curve === 'all' || values.curve === name) await CURVES[name](values, bench, log)
    }),
})
