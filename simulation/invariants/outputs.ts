import { byKey, type Results, type Scenario, textOf } from '../topologies/scenario.ts'

const FAULTS_SHOWN = 5

/** What is wrong with the outputs, by what is known of the inputs. */
export function outputFaults(scenario: Scenario, results: Results): readonly string[] {
  return scenario.check(results).slice(0, FAULTS_SHOWN)
}

/** Where the outputs of a run differ from those of a run without faults: each key has the same records, in the same order. */
export function sequenceFaults(
  scenario: Scenario,
  results: Results,
  reference: Results,
): readonly string[] {
  const faults: string[] = []
  for (const topic of scenario.outputs) {
    const [found, wanted] = [linesOf(results, topic), linesOf(reference, topic)]
    for (const key of new Set([...wanted.keys(), ...found.keys()])) {
      const [has, wants] = [found.get(key) ?? [], wanted.get(key) ?? []]
      for (let at = 0; at < Math.max(has.length, wants.length); at++) {
        if (has[at] === wants[at]) continue
        faults.push(
          `${topic} ${key} #${at}: ${has[at] ?? 'nothing'} instead of ${wants[at] ?? 'nothing'}`,
        )
        break
      }
    }
  }
  return faults.slice(0, FAULTS_SHOWN)
}

function linesOf(results: Results, topic: string): Map<string, string[]> {
  return new Map(
    [...byKey(results.output(topic))].map(([key, records]) => [
      key,
      records.map(({ value, timestampMs }) => `${textOf(value)} at ${timestampMs}`),
    ]),
  )
}
