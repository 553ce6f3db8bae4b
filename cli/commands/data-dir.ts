import { Option } from 'commander'

export const dataDirOption = (): Option =>
  new Option('--data-dir <directory>', 'data directory of the installation')
    .env('ORION_DATA_DIR')
    .default('.orion')

export const envOption = (): Option =>
  new Option('--env <name>', 'environment: first part of every topic name')
    .env('ORION_ENV')
    .default('dev')

export const brokersOption = (): Option =>
  new Option(
    '--brokers <list>',
    'Kafka brokers, host:port separated by commas (the embedded log when left out)',
  ).env('ORION_BROKERS')

export const registryOption = (): Option =>
  new Option('--registry <url>', 'schema registry (the embedded one when left out)').env(
    'ORION_REGISTRY',
  )

export const jsonOption = (): Option =>
  new Option('--json', 'one JSON object a line').default(false)

/** What every operator's command takes to find the installation. */
export interface InstallationOptions {
  readonly dataDir: string
  readonly env: string
  readonly brokers?: string
  readonly registry?: string
  readonly json: boolean
}
