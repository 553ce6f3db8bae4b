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
      'compare rows with records, partition by partition: missing, duplicate and foreign offsets; fails when they differ',
    )
    .addOption(dataDirOption())
    .addOption(envOption())
    .addOption(jsonOption())
    .action(async (options: InstallationOptions) => {
      await withOperator(options, async (operator) => {
        let wrong = 0
        const checks = (async function* () {
          for await (const check of operator.sinkCheck({})) {
            if (check['ok'] !== true) wrong += 1
            yield check
          }
        })()
        await printRows(checks, options.json)
        if (wrong > 0) {
          sayWrong(
            `${wrong} partitions differ from their topics: those with ok false. Their missing offsets are still on the log; keep it, and see the sink's log lines`,
          )
        }
      })
    })
  return command
}
