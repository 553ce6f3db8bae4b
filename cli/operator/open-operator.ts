import { existsSync } from 'node:fs'
import { noMetrics, silentLogger } from '#streams'
import { openTopics } from '#topics'
import type { InstallationOptions } from '../commands/data-dir.ts'
import { refuseNewerFormat } from '../start/data-dir-format.ts'
import { openLog } from '../start/open-log.ts'
import { openRegistry } from '../start/open-registry.ts'
import { connectOperator } from './control-client.ts'
import { isRunning } from './control-server.ts'
import { requireInstallation } from './installation.ts'
import { LocalOperator } from './local-operator.ts'
import type { Operator } from './operator.ts'
import { directoryStores } from './store-access.ts'

/**
 * Runs a command against an installation: through the process that runs on the data directory, else on what the directory (or the brokers)
 * hold.
 */
export async function withOperator<Result>(
  options: InstallationOptions,
  command: (operator: Operator) => Promise<Result>,
): Promise<Result> {
  const { dataDir, env, brokers, registry: registryUrl } = options
  if (await isRunning(dataDir)) return command(connectOperator(dataDir))
  if (brokers === undefined) requireInstallation(dataDir)
  refuseNewerFormat(dataDir)
  const { registry, close } = openRegistry({ dataDir, registry: registryUrl })
  const topics = openTopics({ env, registry })
  const log = await openLog({ dataDir, brokers }, { logger: silentLogger, metrics: noMetrics })
  const stores = directoryStores({ dataDir, env, topics })
  try {
    return await command(
      new LocalOperator({
        dataDir,
        env,
        log,
        topics,
        stores,
        clickhouse: undefined,
        ports: undefined,
        // Nobody else can write to a directory that this command holds open.
        mayFollow: brokers !== undefined,
      }),
    )
  } finally {
    await stores.close()
    await log.close()
    close()
  }
}

/** Whether there is anything to ask: brokers, or a data directory. */
export function isInstalled({ dataDir, brokers }: InstallationOptions): boolean {
  return brokers !== undefined || existsSync(dataDir)
}
