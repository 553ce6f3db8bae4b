import {
  Consumed,
  EmitStrategy,
  jsonSerde,
  Produced,
  StreamsBuilder,
  stringSerde,
  TimeWindows,
  timeWindowedSerde,
} from '#streams'
import { clockText, type Example, input, output } from './example.ts'

interface Reading {
  readonly sensor: string
  readonly celsius: number
}
interface Sum {
  readonly readings: number
  readonly celsius: number
}

const MINUTE_MS = 60_000
const readings = jsonSerde<Reading>()
const averages = jsonSerde<number>()
const windows = timeWindowedSerde(stringSerde, MINUTE_MS)

const t = new StreamsBuilder()

t.stream('readings', Consumed.with(stringSerde, readings, { as: 'readings' }))
  .groupByKey()
  .windowedBy(TimeWindows.ofSizeAndGrace(MINUTE_MS, 10_000))
  .emitStrategy(EmitStrategy.onWindowClose())
  .aggregate<Sum>(
    () => ({ readings: 0, celsius: 0 }),
    (_sensor, reading, sum) => ({
      readings: sum.readings + 1,
      celsius: sum.celsius + reading.celsius,
    }),
    { as: 'sums', materialized: { valueSerde: jsonSerde<Sum>() } },
  )
  .toStream({ as: 'closed' })
  .mapValues((sum) => (sum === undefined ? Number.NaN : sum.celsius / sum.readings), {
    as: 'average',
  })
  .to('averages', Produced.with(windows, averages, { as: 'averages' }))

export const windowedAverage: Example = {
  name: 'windowed-average',
  shows:
    'The average of each minute, told once: when the minute and ten seconds of grace are over.',
  topology: t.build('windowed-average'),
  inputs: [
    input('readings', stringSerde, readings, [
      ['hall', { sensor: 'hall', celsius: 20 }, '09:00:10'],
      ['hall', { sensor: 'hall', celsius: 23 }, '09:00:50'],
      ['hall', { sensor: 'hall', celsius: 24 }, '09:01:05'],
      // Late by event time, within the grace.
      ['hall', { sensor: 'hall', celsius: 21.5 }, '09:00:55'],
      ['hall', { sensor: 'hall', celsius: 25 }, '09:01:20'],
      // Its minute is closed: dropped and counted as late.
      ['hall', { sensor: 'hall', celsius: 99 }, '09:00:59'],
      ['hall', { sensor: 'hall', celsius: 25 }, '09:03:00'],
    ]),
  ],
  output: output(
    'averages',
    windows,
    averages,
    ({ key, startMs }, average) => `${key} at ${clockText(startMs)} = ${average}`,
  ),
}
