import { Command } from 'commander'
import { issueLocalToken } from '../identity.ts'
import { dataDirOption, envOption, jsonOption } from './data-dir.ts'

interface TokenOptions {
  readonly user: string
  readonly tenant: string
  readonly dataDir: string
  readonly env: string
  readonly json: boolean
}

export function tokenCommand(): Command {
  return new Command('token')
    .description(
      "print a JWT of the installation's embedded identity provider, for the API and the SQL port",
    )
    .requiredOption('--user <name>', 'user, e.g. trader or quant')
    .option('--tenant <tenant>', 'tenant of the user', 'demo')
    .addOption(dataDirOption())
    .addOption(envOption())
    .addOption(jsonOption())
    .action(async ({ json, ...whose }: TokenOptions) => {
      const token = await issueLocalToken(whose)
      process.stdout.write(json ? `${JSON.stringify({ token })}\n` : `${token}\n`)
    })
}
