import {
  BufferConfig,
  Consumed,
  longSerde,
  Produced,
  SessionWindows,
  StreamsBuilder,
  Suppressed,
  sessionWindowedSerde,
  stringSerde,
} from '#streams'
import { clockText, type Example, input, output } from './example.ts'

const MINUTE_MS = 60_000
const sessions = sessionWindowedSerde(stringSerde)

const t = new StreamsBuilder()

t.stream('clicks', Consumed.with(stringSerde, stringSerde, { as: 'clicks' }))
  .groupByKey()
  .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(5 * MINUTE_MS))
  .count({ as: 'sessions' })
  .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded(), { as: 'closed' }))
  .toStream({ as: 'changes' })
  .to('visits', Produced.with(sessions, longSerde, { as: 'visits' }))

export const sessionisation: Example = {
  name: 'sessionisation',
  shows:
    'Clicks of a user at most five minutes apart are one visit; a visit is told when it is over.',
  topology: t.build('sessionisation'),
  inputs: [
    input('clicks', stringSerde, stringSerde, [
      ['ann', '/prices', '09:00:00'],
      ['bob', '/', '09:01:00'],
      ['ann', '/orders', '09:03:00'],
      ['ann', '/orders/7', '09:07:30'],
      ['bob', '/prices', '09:20:00'],
      ['ann', '/', '09:40:00'],
    ]),
  ],
  output: output(
    'visits',
    sessions,
    longSerde,
    ({ key, startMs, endMs }, clicks) =>
      `${key} from ${clockText(startMs)} to ${clockText(endMs)} = ${clicks} clicks`,
  ),
}
