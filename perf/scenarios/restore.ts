import { z } from 'zod'
import { compare } from '../peer/compare.ts'
import { restoreFaults } from '../peer/faults.ts'
import { cachingOption, comparisonOptions, peerOption, roundsOption } from '../peer/peer-options.ts'
import { scenario } from '../scenario.ts'

export const restore = scenario({
  name: 'restore',
  question:
    'How long is a start with state kept and with state restored from its changelog on Kafka, and how long on Kafka Streams?',
  options: {
    peer: peerOption,
    keys: {
      schema: z.coerce.number().int().min(1_000).max(50_000_000).default(1_000_000),
      doc: 'Instruments, each with a state of its own.',
    },
    rounds: roundsOption(1),
    caching: cachingOption,
    ...comparisonOptions,
  },
  run: ({ peer, keys, rounds, caching, threads, partitions }, bench) =>
    compare(bench, [
      {
        what: 'restore',
        app: 'snapshot',
        rounds,
        peer,
        flags: { keys, threads, partitions, caching },
        configuration: { keys },
        warmUp: 'none: starts of the process are what is measured',
        faultsOf: ({ turns }) => restoreFaults(turns),
      },
    ]),
})
