import { Command } from 'commander'
import { sayWrong } from '../fail.ts'
import { withOperator } from '../operator/open-operator.ts'
import { printRows } from '../output.ts'
import { dataDirOption, envOption, type InstallationOptions, jsonOption } from './data-dir.ts'

export function sinkCommand(): Command {
  const command = new Command('sink').description('ClickHouse and the topics it is filled from')
  command
    .command('check')
    .description(
      'compare rows with records, partition by partition: missing, duplicate and foreign offsets up to what is committed, and how far that is behind the log; fails when they differ',
    )
    .addOption(dataDirOption())
    .addOption(envOption())
    .addOption(jsonOption())
    .option(
      '--complete',
      'fail as well while records wait to be sunk (lag); meant for a log that nothing writes to',
    )
    .action(async (options: InstallationOptions & { readonly complete?: true }) => {
      await withOperator(options, async (operator) => {
        let wrong = 0
        let behind = 0
        let lag = 0
        const checks = (async function* () {
          for await (const check of operator.sinkCheck({})) {
            if (check['ok'] !== true) wrong += 1
            const waiting = Number(check['lag'])
            if (!(waiting === 0)) behind += 1
            lag += waiting
            yield check
          }
        })()
        await printRows(checks, options.json)
        if (wrong > 0) {
          sayWrong(
            `${wrong} partitions differ from their topics: those with ok false. Their missing offsets are still on the log; keep it, and see the sink's log lines`,
          )
        }
        if (options.complete === true && behind > 0) {
          sayWrong(
            `${behind} partitions are ${lag} records behind the log: those with lag above 0. See whether a sink runs (orion start, role sink), and its log lines; then ask again`,
          )
        }
      })
    })
  return command
}
