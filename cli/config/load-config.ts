import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { StreamsError } from '#streams'
import { topologies } from '#topologies'
import { type Config, OPTIONS, type OptionName, type OptionSpec } from './options.ts'

export interface ConfigSources {
  /** Values given on the command line, by option name. */
  readonly flags: Readonly<Partial<Record<OptionName, unknown>>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** JSON file with option names as keys. */
  readonly file?: string
}

/**
 * One validated configuration: flags win over environment, environment over file, file over defaults.
 * @throws {StreamsError} CONFIG_INVALID with every fault at once, each with where it was given
 */
export function loadConfig({ flags, environment, file }: ConfigSources): Config {
  const fromFile = file === undefined ? {} : readConfigFile(file)
  const faults: string[] = []
  const config: Record<string, unknown> = {}
  for (const key of Object.keys(fromFile)) {
    if (!(key in OPTIONS)) faults.push(`${key} in ${file} is not an option`)
  }
  for (const [name, spec] of Object.entries(OPTIONS) as [OptionName, OptionSpec][]) {
    const { value, given } = pick(name, spec, { flags, environment, fromFile, file })
    const parsed = spec.schema.safeParse(value)
    if (parsed.success) config[name] = parsed.data
    else
      faults.push(
        `${given} ${parsed.error.issues.map(expectation).join(' and ')}, not ${JSON.stringify(value)}`,
      )
  }
  if (faults.length === 0) faults.push(...relations(config as Config))
  if (faults.length > 0) {
    throw new StreamsError(
      'CONFIG_INVALID',
      faults.join('; '),
      {},
      'Correct it, or see `orion start --help`',
    )
  }
  return config as Config
}

/** What the option has to be, after its name. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `has to be a ${issue.expected === 'int' ? 'whole number' : issue.expected}`
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `has to be at least ${issue.minimum}`
    case 'too_big':
      return `has to be at most ${issue.maximum}`
    case 'invalid_value':
      return `has to be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_format':
      return issue.format === 'url'
        ? 'has to be a URL that begins with http:// or https://'
        : `has to be ${issue.message}`
    default:
      return `has to be ${issue.message}`
  }
}

interface Given extends Pick<ConfigSources, 'flags' | 'environment'> {
  readonly file: string | undefined
  readonly fromFile: Readonly<Record<string, unknown>>
}

function pick(
  name: OptionName,
  spec: OptionSpec,
  sources: Given,
): { value: unknown; given: string } {
  const flag = sources.flags[name]
  if (flag !== undefined) return { value: flag, given: spec.flag.split(' ')[0] ?? spec.flag }
  const variable = sources.environment[spec.env]
  if (variable !== undefined && variable !== '') {
    return { value: spec.list ? variable.split(',') : variable, given: spec.env }
  }
  if (name in sources.fromFile)
    return { value: sources.fromFile[name], given: `${name} in ${sources.file}` }
  return { value: undefined, given: spec.flag }
}

/** Relations between options, checked together. */
function relations(config: Config): string[] {
  const faults: string[] = []
  const known = topologies.map(({ name }) => name)
  for (const name of config.topology)
    if (!known.includes(name))
      faults.push(`--topology has to be one of ${known.join(', ')}, not "${name}"`)
  if (config.feed === 'replay' && config.replay === undefined)
    faults.push('--feed replay needs --replay FILE or DIRECTORY')
  if (config.ticks !== undefined && config.feed !== 'simulator')
    faults.push('--ticks goes with --feed simulator')
  if (config.queryPort !== undefined) {
    if (config.brokers === undefined)
      faults.push('--query-port goes with --brokers: the embedded log has one instance only')
    if (config.queryHost === undefined && ['0.0.0.0', '::'].includes(config.host))
      faults.push(`--query-port needs --query-host: nobody can call ${config.host}`)
  }
  if (config.role !== 'all') {
    if (config.brokers === undefined)
      faults.push(
        `--role ${config.role} needs --brokers: the embedded log lives in one process with --role all`,
      )
    if (config.registry === undefined)
      faults.push(
        `--role ${config.role} needs --registry URL (the embedded registry of another process serves one)`,
      )
    if ((config.role === 'sink' || config.role === 'gateway') && config.clickhouse === undefined) {
      faults.push(
        `--role ${config.role} needs --clickhouse URL: the embedded engine belongs to --role all`,
      )
    }
  }
  return faults
}

const fileSchema = z.record(z.string(), z.unknown())

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new StreamsError(
      'CONFIG_UNREADABLE',
      `cannot read the configuration ${path} as a JSON object: ${cause instanceof z.ZodError ? 'it is none' : cause instanceof Error ? cause.message : cause}`,
      {},
      'Give --config a JSON file with option names as keys',
      cause,
    )
  }
}
