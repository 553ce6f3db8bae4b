import { count, fixed, short, table } from '../formats.ts'
import { numberAt } from '../kept-results.ts'
import { bench, type Section } from '../section.ts'
import { SHOWN } from '../shown.ts'

export const schedule: Section = {
  id: 'schedule',
  title: 'The schedule of exact replays',
  about:
    'market-data with and without the [schedule that exact replays follow](../../streams/docs/exact-replay.md), in turn, each run in a directory of its own; ratios are of medians, bytes are keys and values.',
  rule: SHOWN.schedule,
  command: ([{ configuration, runs }]) =>
    bench('schedule', { ticks: configuration['ticks'], pairs: runs }),
  table: (results) =>
    table(
      [
        'ticks',
        'messages/s with',
        'without',
        'ratio',
        'CPU s with',
        'without',
        'ratio',
        'bytes a transaction',
      ],
      results.map(({ configuration, figures }) => [
        count(Number(configuration['ticks'])),
        count(numberAt(figures, 'rawRecordsPerSecond.on')),
        count(numberAt(figures, 'rawRecordsPerSecond.off')),
        fixed(numberAt(figures, 'rateOnToOff'), 2),
        short(numberAt(figures, 'cpuSeconds.on')),
        short(numberAt(figures, 'cpuSeconds.off')),
        fixed(numberAt(figures, 'cpuOnToOff'), 2),
        count(numberAt(figures, 'scheduleBytesPerTransaction')),
      ]),
    ),
  plots: () => ({}),
}
