import { Command } from 'commander'
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
          process.stderr.write(`orion: ${wrong} partitions differ from their topics\n`)
          process.exitCode = 1
        }
      })
    })
  return command
}
