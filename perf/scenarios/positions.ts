import { z } from 'zod'
import { compare } from '../peer/compare.ts'
import { cachingOption, comparisonOptions, peerOption, roundsOption } from '../peer/peer-options.ts'
import { throughputOf } from '../peer/throughput.ts'
import { scenario } from '../scenario.ts'

export const positions = scenario({
  name: 'positions',
  question:
    'How many fills a second become positions, repeats removed, through a repartition topic, exactly once on Kafka, and how many on Kafka Streams?',
  options: {
    peer: peerOption,
    records: {
      schema: z.coerce.number().int().min(1_000).max(50_000_000).default(1_000_000),
      doc: 'Fills of 200 portfolios in 500 instruments, one in a hundred a repeat.',
    },
    rounds: roundsOption(2),
    caching: cachingOption,
    ...comparisonOptions,
  },
  run: (values, bench) => compare(bench, [throughputOf('positions', values)]),
})
