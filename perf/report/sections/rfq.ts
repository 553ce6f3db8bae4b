import { count, duration, short, table } from '../formats.ts'
import { type KeptResult, numberAt } from '../kept-results.ts'
import { type Line, linesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, logOption, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const STEPS = [
  { figure: 'createToSent', name: 'create to SENT', colour: COLOURS.orion },
  { figure: 'quoteToRanked', name: 'quote to ranked', colour: COLOURS.green },
  { figure: 'acceptToTraded', name: 'accept to TRADED', colour: COLOURS.vermilion },
] as const

export const rfq: Section = {
  id: 'rfq',
  title: 'RFQs to saturation',
  about:
    'RFQs with five quotes each, the best accepted, exactly once, all RFQ topologies in one process. Creates are due by a fixed schedule and latency counts from then; a step lasts from the hand-over to the producer to the event in the hand of a read_committed reader. It keeps up when 95% of the RFQs due in the measurement are TRADED by its end. Every RFQ is verified: one end, one trade, five quotes.',
  rule: SHOWN.rfq,
  command: (results) =>
    bench('rfq', {
      rate: valuesOf(results, 'rfqsPerSecond'),
      through: results[0].configuration['through'] === 'gateway' ? 'gateway' : undefined,
      ...logOption(results),
    }),
  table: (results) =>
    table(
      [
        'RFQs/s',
        'through',
        ...STEPS.map(({ name }) => `${name} p50 / p99`),
        'TRADED in time',
        'CPU s of a second',
        'peak RSS MiB',
      ],
      results.map((result) => [
        count(rateOf(result)),
        `${String(result.configuration['through'] ?? 'log')}, ${String(result.configuration['log'])}`,
        ...STEPS.map(
          ({ figure }) =>
            `${duration(numberAt(result.figures, `latencyMs.${figure}.p50`))} / ${duration(numberAt(result.figures, `latencyMs.${figure}.p99`))}`,
        ),
        `${(100 * numberAt(result.figures, 'tradedShare')).toFixed(1)}%${result.figures['keptUp'] === true ? '' : ', does not keep up'}`,
        short(numberAt(result.figures, 'use.cpuSeconds') / numberAt(result.figures, 'use.seconds')),
        count(numberAt(result.figures, 'peakRssMiB')),
      ]),
    ),
  plots: (results, footer) => {
    const throughLog = results.filter(({ configuration }) => configuration['through'] !== 'gateway')
    if (throughLog.length === 0) return {}
    return {
      rfq: linesSvg({
        title: 'Latency of each step as RFQs a second grow: p50, and p99 dashed',
        footer: footer(throughLog),
        x: 'RFQs/s',
        y: 'latency, ms',
        lines: STEPS.flatMap(({ figure, name, colour }): readonly Line[] => [
          { name, colour, points: pointsOf(throughLog, `latencyMs.${figure}.p50`) },
          {
            name,
            colour,
            dashed: true,
            thin: true,
            points: pointsOf(throughLog, `latencyMs.${figure}.p99`),
          },
        ]),
      }),
    }
  },
}

function pointsOf(results: readonly KeptResult[], path: string): Line['points'] {
  return results.map((result) => [rateOf(result), numberAt(result.figures, path)])
}

function rateOf({ configuration }: KeptResult): number {
  return Number(configuration['rfqsPerSecond'])
}
