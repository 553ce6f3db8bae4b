import type { KeptResult } from './kept-results.ts'

/** A verified result of that scenario, at that minute of a day. */
export function resultOf(
  scenario: string,
  {
    minute = 0,
    ...more
  }: { readonly minute?: number } & Partial<
    Pick<KeptResult, 'configuration' | 'figures' | 'samples' | 'outputVerified' | 'runs'>
  > = {},
): KeptResult {
  const time = `00:${String(minute).padStart(2, '0')}:00`
  return {
    scenario,
    file: `perf/results/${scenario}-2026-01-05T${time.replaceAll(':', '')}Z.json`,
    commit: '0123456789abcdef',
    modified: false,
    date: `2026-01-05T${time}.000Z`,
    node: 'v22.23.3',
    machine: { cpu: 'a CPU', cpus: 2, memoryGiB: 24, loadAverageBefore: [0.5, 0.4, 0.3] },
    configuration: {},
    runs: 2,
    samples: {},
    figures: {},
    outputVerified: true,
    ...more,
  }
}

/** Ticks beside Kafka Streams, Orion at this many records a second. */
export function ticksAt(recordsPerSecond: number, minute = 0): KeptResult {
  const side = (rate: number, cpuSeconds: number) => ({
    recordsPerSecond: rate,
    cpuSeconds,
    peakRssMiB: 400,
  })
  const sides = { orion: side(recordsPerSecond, 8), kafkaStreams: side(50_000, 24) }
  const spreadOf = (figures: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [
        name,
        { min: 0.9 * value, max: 1.1 * value },
      ]),
    )
  return resultOf('ticks', {
    minute,
    configuration: { peer: true, threads: 1, caching: 'on', records: 1_000_000 },
    figures: {
      ...sides,
      timesAsFast: recordsPerSecond / 50_000,
      timesTheCpu: 8 / 24,
      spread: {
        orion: spreadOf(sides.orion),
        kafkaStreams: spreadOf(sides.kafkaStreams),
        timesAsFast: { min: 1.9, max: 2.1 },
        timesTheCpu: { min: 0.3, max: 0.4 },
      },
    },
  })
}
