import { Command, Option } from 'commander'
import { openEmbeddedRegistry } from '#avro'
import { DESCRIPTION_FORMATS, type DescriptionFormat, describe, StreamsError } from '#streams'
import { openTopics } from '#topics'
import { topologies } from '#topologies'
import { printRows } from '../output.ts'
import { envOption, jsonOption } from './data-dir.ts'

export function topologyCommand(): Command {
  const command = new Command('topology').description('what the topologies are made of')

  command
    .command('list')
    .description('names of the topologies and what they do')
    .addOption(jsonOption())
    .action(async ({ json }: { json: boolean }) => {
      await printRows(rows(), json)
    })

  command
    .command('describe')
    .description(
      "sub-topologies, nodes, stores and topics, as Kafka Streams' Topology#describe prints them",
    )
    .argument('<name>', 'topology')
    .addOption(
      new Option('--format <format>', 'text, json, mermaid or svg')
        .choices(DESCRIPTION_FORMATS)
        .default('text'),
    )
    .addOption(envOption())
    .addOption(jsonOption())
    .action(
      (
        name: string,
        { format, env, json }: { format: DescriptionFormat; env: string; json: boolean },
      ) => {
        const entry = topologies.find((one) => one.name === name)
        if (entry === undefined) {
          throw new StreamsError(
            'TOPOLOGY_UNKNOWN',
            `there is no topology ${name}`,
            {},
            `Choose one of ${topologies.map((one) => one.name).join(', ')}`,
          )
        }
        const topology = entry.build(openTopics({ env, registry: openEmbeddedRegistry() }))
        process.stdout.write(`${describe(topology, json ? 'json' : format).trimEnd()}\n`)
      },
    )
  return command
}

async function* rows(): AsyncIterable<{ topology: string; does: string }> {
  for (const { name, does } of topologies) yield { topology: name, does }
}
