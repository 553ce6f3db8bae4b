import { Command, Option } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import { OPTIONS, type OptionSpec } from '../config/options.ts'
import { start } from '../start/start.ts'

export function startCommand(environment: NodeJS.ProcessEnv): Command {
  const command = new Command('start').description(
    'run the platform: everything in one process, or one role of it',
  )
  for (const spec of Object.values<OptionSpec>(OPTIONS)) {
    const option = new Option(spec.flag, describe(spec))
    if (spec.list)
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
    command.addOption(option)
  }
  command.option(
    '--config <file>',
    'JSON file with these options by name (flags and environment win)',
  )
  return command.action(async (flags: Record<string, unknown>) => {
    const { config: file, ...given } = flags
    const config = loadConfig({
      flags: given,
      environment,
      ...(typeof file === 'string' ? { file } : {}),
    })
    await start(config, environment)
  })
}

/** The sentence of the option with its variable and default. */
function describe(spec: OptionSpec): string {
  const parsed = spec.schema.safeParse(undefined)
  const value = spec.shownDefault ?? (parsed.success ? parsed.data : undefined)
  const shown =
    value === undefined || (Array.isArray(value) && value.length === 0) ? '' : ` (default ${value})`
  return `${spec.doc} [${spec.env}]${shown}`
}
