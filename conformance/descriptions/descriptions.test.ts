import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describe } from '#streams'
import { readCases } from '../grammar/case-files.ts'
import { buildTopology } from '../topology/build.ts'

/** What Kafka Streams says of the topologies of the recorded cases, by the id of the first case that has each: `record.sh`. */
const recorded: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'descriptions.json'), 'utf8'),
)
const { cases } = readCases(join(import.meta.dirname, '..', 'cases'))
const topologies = new Map(
  cases.map(({ conformanceCase }) => [conformanceCase.id, conformanceCase.topology]),
)

test('topologies of every category were recorded', () => {
  expect(Object.keys(recorded).length).toBeGreaterThan(200)
})

/**
 * A description by its content: what order the names of a list have, and what order the nodes, follows in Kafka Streams from the hashes of
 * their names.
 */
function contentOf(text: string): readonly string[] {
  const parts = text.split(/\n {2}Sub-topology: |\n {3}Sub-topology: /)
  return parts.map((part) =>
    part
      .split(/\n {4}(?=Source|Processor|Sink)/)
      .map((node) => node.replaceAll(listed, sorted).trimEnd())
      .sort()
      .join('\n'),
  )
}

const listed = /(-->|<--|\[)([^\]\n]*)/g

function sorted(_match: string, opening: string, names: string): string {
  return `${opening} ${names.trim().split(', ').sort().join(', ')}`
}

test.each(Object.keys(recorded))('%s is described as Kafka Streams describes it', (id) => {
  const topology = topologies.get(id)
  if (topology === undefined) throw new Error(`there is no case ${id}`)
  // Orion's counting processor keeps its total in a store, so that it may be restarted; the recorded one has a field.
  const described = describe(buildTopology(topology).topology).replace(/emit-count-every-\d+/g, '')
  expect(contentOf(described)).toEqual(contentOf(recorded[id] ?? ''))
})
