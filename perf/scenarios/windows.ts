import { z } from 'zod'
import { compare } from '../peer/compare.ts'
import { RECORDS_TO_CLOSE } from '../peer/faults.ts'
import {
  comparisonOptions,
  peerOption,
  roundsOption,
  windowsCachingOption,
} from '../peer/peer-options.ts'
import { throughputOf } from '../peer/throughput.ts'
import { scenario } from '../scenario.ts'

const APPS = { updates: 'window', suppress: 'window-suppress' } as const
const EMISSIONS = ['updates', 'suppress'] as const

export const windows = scenario({
  name: 'windows',
  question:
    'How many ticks a second become bars of a minute, on every update or when a bar is closed, exactly once on Kafka, and how many on Kafka Streams?',
  options: {
    peer: peerOption,
    emission: {
      schema: z.enum(EMISSIONS).optional(),
      doc: 'updates: every one; suppress: closed bars only; both in turn when left out.',
    },
    records: {
      schema: z.coerce.number().int().min(1_000).max(50_000_000).default(1_000_000),
      doc: 'Ticks of 500 instruments, 1 ms of event time apart.',
    },
    rounds: roundsOption(2),
    caching: windowsCachingOption,
    ...comparisonOptions,
  },
  run: async (values, bench) => {
    const emissions = values.emission === undefined ? EMISSIONS : [values.emission]
    if (emissions.includes('suppress') && values.records < RECORDS_TO_CLOSE) {
      throw new Error(
        `no bar is closed in ${values.records} ms of event time: suppress needs --records ${RECORDS_TO_CLOSE}, or take --emission updates`,
      )
    }
    await compare(
      bench,
      emissions.map((emission) => throughputOf(APPS[emission], values, { emission })),
    )
  },
})
