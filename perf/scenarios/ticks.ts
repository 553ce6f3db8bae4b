import { z } from 'zod'
import { compare } from '../peer/compare.ts'
import { cachingOption, comparisonOptions, peerOption, roundsOption } from '../peer/peer-options.ts'
import { throughputOf } from '../peer/throughput.ts'
import { scenario } from '../scenario.ts'

export const ticks = scenario({
  name: 'ticks',
  question:
    'How many ticks a second become snapshots, every update stored, logged and put out, exactly once on Kafka, and how many on Kafka Streams?',
  options: {
    peer: peerOption,
    records: {
      schema: z.coerce.number().int().min(1_000).max(50_000_000).default(1_000_000),
      doc: 'Ticks of 500 instruments.',
    },
    rounds: roundsOption(2),
    caching: cachingOption,
    ...comparisonOptions,
  },
  run: (values, bench) => compare(bench, [throughputOf('snapshot', values)]),
})
