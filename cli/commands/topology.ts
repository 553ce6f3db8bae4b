import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { openEmbeddedRegistry } from '#avro'
import { DESCRIPTION_FORMATS, type DescriptionFormat, describe, StreamsError } from '#streams'
import { diffTopologies, parseDescription, type TopologyDiff } from '#streams/tools'
import { openTopics } from '#topics'
import { topologies } from '#topologies'
import { sayWrong } from '../fail.ts'
import { isInstalled, withOperator } from '../operator/open-operator.ts'
import { buildTopology } from '../operator/topology-tools.ts'
import { printRows } from '../output.ts'
import { envOption, type InstallationOptions, jsonOption } from './data-dir.ts'
import { installation } from './topics.ts'
import { replayCommand } from './topology-replay.ts'
import { resetCommand } from './topology-reset.ts'

export function topologyCommand(): Command {
  const command = new Command('topology').description(
    'what the topologies are made of, whether a version fits what is deployed, beginning anew',
  )

  installation(
    command
      .command('list')
      .description(
        'topologies: what they do, whether they run, tasks, records that wait (lag), the version that ran last and that of this command',
      ),
  ).action(async (options: InstallationOptions) => {
    if (!isInstalled(options)) {
      await printRows(
        topologies.map(({ name, does }) => ({ topology: name, state: 'not started yet', does })),
        options.json,
      )
      return
    }
    await withOperator(options, async (operator) =>
      printRows(operator.topologyList({}), options.json),
    )
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
        const topology = builtHere(name, env)
        process.stdout.write(`${describe(topology, json ? 'json' : format).trimEnd()}\n`)
      },
    )

  installation(
    command
      .command('diff')
      .description(
        'what changed from the version that ran last to this one, and whether this one can run on its state and internal topics; status 0 when it can, 1 when it needs a reset or is refused',
      )
      .argument('<name>', 'topology')
      .option(
        '--with <file>',
        'compare with this description of another version instead (orion topology describe NAME --format json)',
      ),
  ).action(async (name: string, options: InstallationOptions & { with?: string }) => {
    if (options.with !== undefined) {
      const before = parseDescription(readText(options.with), options.with)
      const after = parseDescription(describe(builtHere(name, options.env), 'json'), name)
      const diff = diffTopologies({ description: before }, { description: after })
      await printDiff(name, { compared: options.with, ...diff }, options.json)
      return
    }
    builtHere(name, options.env)
    await withOperator(options, async (operator) => {
      for await (const { deployed, verdict, changes } of operator.topologyDiff({ topology: name }))
        await printDiff(name, { compared: deployed, verdict, changes }, options.json)
    })
  })

  command.addCommand(resetCommand())
  command.addCommand(replayCommand())
  return command
}

type Compared = TopologyDiff & { readonly compared: string | null }

async function printDiff(name: string, diff: Compared, json: boolean): Promise<void> {
  const { compared, verdict, changes } = diff
  if (json) await printRows([{ topology: name, ...diff }], true)
  else {
    await printRows(
      changes.map(({ verdict: of, subject, name: what, change, what: why }) => ({
        verdict: of,
        subject,
        name: what,
        change,
        what: why,
      })),
      false,
    )
    const against = compared === null ? 'nothing has run here yet' : `compared with ${compared}`
    const count = changes.length === 1 ? '1 change' : `${changes.length} changes`
    process.stdout.write(`${name}: ${verdict} (${count}; ${against})\n`)
  }
  if (verdict === 'needs-reset')
    sayWrong(
      `this version of ${name} does not fit what the other left. Reset it (orion topology reset ${name} --dry-run shows how), or change it back`,
    )
  if (verdict === 'refused')
    sayWrong(`this version of ${name} cannot run here, nor after a reset. See what was refused`)
}

/** @throws {StreamsError} TOPOLOGY_UNKNOWN */
function builtHere(name: string, env: string) {
  return buildTopology(name, openTopics({ env, registry: openEmbeddedRegistry() }))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StreamsError(
      'TOPOLOGY_DESCRIPTION_INVALID',
      `${file} cannot be read: ${(cause as Error).message}`,
      {},
      'Write one with orion topology describe NAME --format json',
      cause,
    )
  }
}
