import { join } from 'node:path'
import { z } from 'zod'
import { median, rounded } from '../measuring/percentiles.ts'
import { type Processed, processed } from '../measuring/processed.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, scenario, seedOption, type Values } from '../scenario.ts'
import type { LoadArgument, LoadResult } from '../steps/load-main.ts'

const OPTIONS = {
  ticks: {
    schema: z.coerce.number().int().min(1_000).max(50_000_000).default(200_000),
    doc: 'Ticks on marketdata.raw before anything is measured.',
  },
  pairs: {
    schema: z.coerce.number().int().min(1).max(100).default(2),
    doc: 'Times that it is measured with the schedule and then without; figures are medians.',
  },
  commitIntervalMs: {
    schema: z.coerce.number().int().min(1).max(60_000).default(100),
    doc: 'Longest time between commits, in ms.',
  },
  seed: seedOption,
} as const

type ScheduleValues = Values<typeof OPTIONS>

const STEP_MS_MAX = 20 * 60_000
const EVENT_TICKS_PER_S = 10_000
const INSTRUMENTS = 500

export const schedule = scenario({
  name: 'schedule',
  question:
    'What does the schedule of exact replays cost market-data, in rate, CPU and bytes, on the embedded log?',
  options: OPTIONS,
  run: measure,
})

async function measure(values: ScheduleValues, bench: Bench): Promise<void> {
  const samples: Record<'on' | 'off', Processed[]> = { on: [], off: [] }
  const { seed, ticks, commitIntervalMs } = values
  let messages = 0
  for (let run = 0; run < values.pairs; run += 1) {
    for (const name of ['on', 'off'] as const) {
      // A directory each: what the other wrote before costs nothing.
      const directory = bench.directory()
      const source = `bench-${process.pid}-${name}-${run}`
      const place = { directory, brokers: undefined, source, run: source }
      const expectation = join(directory, 'expectation.json')
      bench.progress(`${ticks} ticks, schedule ${name}`)
      const load: LoadArgument = {
        place,
        seed,
        ticks,
        instruments: INSTRUMENTS,
        ticksPerSecond: EVENT_TICKS_PER_S,
        expectation,
      }
      const loaded = await runStep<LoadResult>(bench, 'load', load, { timeoutMs: STEP_MS_MAX })
      messages = loaded.messages
      samples[name].push(
        await processed(
          bench,
          {
            place,
            topologies: ['market-data'],
            threads: 1,
            commitIntervalMs,
            exactReplay: name === 'on',
            others: {},
          },
          { expectation, measured: true },
        ),
      )
    }
  }
  const faults = [...samples.on, ...samples.off].flatMap(({ verification }) => verification.faults)
  for (const { written } of samples.on)
    if (written.schedules.records === 0) faults.push('no schedule was written with it on')
  for (const { written } of samples.off)
    if (written.schedules.records > 0) faults.push('a schedule was written with it off')
  bench.report({
    configuration: { ticks, instruments: INSTRUMENTS, commitIntervalMs, order: 'on, off in turn' },
    seed,
    warmUp: 'none: compilation is inside, start, join and restore are not',
    runs: values.pairs,
    samples,
    figures: figuresOf(samples, messages),
    outputVerified: faults.length === 0,
    faults,
  })
}

function figuresOf(
  { on, off }: Record<'on' | 'off', Processed[]>,
  messages: number,
): Readonly<Record<string, unknown>> {
  const rate = (runs: readonly Processed[]) => median(runs.map(({ use }) => messages / use.seconds))
  const cpu = (runs: readonly Processed[]) => median(runs.map(({ use }) => use.cpuSeconds))
  const bytes = median(
    on.map(
      ({ written: { schedules, outputs, changelogs } }) =>
        schedules.bytes / (outputs.bytes + changelogs.bytes),
    ),
  )
  const each = on.map(({ written: { schedules } }) => schedules.bytes / schedules.records)
  return {
    rawRecordsPerSecond: { on: Math.round(rate(on)), off: Math.round(rate(off)) },
    rateOnToOff: rounded(rate(on) / rate(off)),
    cpuSeconds: { on: rounded(cpu(on)), off: rounded(cpu(off)) },
    cpuOnToOff: rounded(cpu(on) / cpu(off)),
    scheduleBytesPerMillionOthers: rounded(bytes * 1e6),
    scheduleBytesPerTransaction: rounded(median(each)),
    transactions: median(on.map(({ written }) => written.schedules.records)),
  }
}
