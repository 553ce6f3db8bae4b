import { Command } from 'commander'
import { issueLocalToken } from '../identity.ts'
import { dataDirOption } from './data-dir.ts'

export function tokenCommand(): Command {
  return new Command('token')
    .description("print a JWT of the installation's embedded identity provider")
    .requiredOption('--user <name>', 'user, e.g. trader or quant')
    .option('--tenant <tenant>', 'tenant of the user', 'demo')
    .addOption(dataDirOption())
    .action(
      async ({ user, tenant, dataDir }: { user: string; tenant: string; dataDir: string }) => {
        process.stdout.write(`${await issueLocalToken({ dataDir, user, tenant })}\n`)
      },
    )
}
