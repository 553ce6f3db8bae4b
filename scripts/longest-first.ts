import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Test files that take long, the longest first: begun late, one of them would run on alone while the other cores wait. */
export const LONG: readonly string[] = [
  'cli/start/replay.test.ts',
  'cli/start/repeatable-run.test.ts',
  'cli/start/repeatable-run-threads.test.ts',
  'cli/commands/commands.test.ts',
  'cli/commands/commands-beside.test.ts',
  'conformance/differential.test.ts',
  'cli/start/start.test.ts',
  'cli/commands/store.test.ts',
  'conformance/recorded-cases.test.ts',
  'cli/commands/topology.test.ts',
  'state-stores/store-backend.test.ts',
  'cli/commands/backup.test.ts',
  'sink/sink.test.ts',
  'cli/commands/help.test.ts',
  'topologies/rfq.kill.test.ts',
  'streams/kill-joined.test.ts',
  'avro/codegen/generate.test.ts',
  'streams/kill.test.ts',
  'sink/rfq-chain.test.ts',
  'simulation/simulate.test.ts',
]

/** Runs the long files first, also in a fresh clone, where vitest knows no durations yet; the others in its own order. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((file) => moduleId.endsWith(`/${file}`))
      return index < 0 ? LONG.length : index
    }
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}
