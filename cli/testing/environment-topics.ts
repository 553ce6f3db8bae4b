import { noMetrics, silentLogger } from '#streams'
import type { Log } from '#streams/log'
import { openLog } from '../start/open-log.ts'

/** Topics of an environment on the brokers, internal ones included. */
export function topicsOf(brokers: readonly string[], env: string): Promise<readonly string[]> {
  return withAdmin(brokers, async ({ admin }) =>
    (await admin.listTopics()).filter(
      (topic) => topic.startsWith(`${env}.`) || topic.startsWith(`orion-${env}-`),
    ),
  )
}

/** The broker is shared by a run of tests: begin without what others wrote. */
export async function wipe(brokers: readonly string[], env: string): Promise<void> {
  const topics = await topicsOf(brokers, env)
  await withAdmin(brokers, async ({ admin }) => {
    await admin.deleteTopics(topics)
    for (const group of await admin.listGroups())
      if (group.startsWith(`orion-${env}-`)) await admin.deleteGroup(group)
  })
}

async function withAdmin<Result>(
  brokers: readonly string[],
  work: (log: Log) => Promise<Result>,
): Promise<Result> {
  const log = await openLog(
    { dataDir: '', brokers: brokers.join(',') },
    { logger: silentLogger, metrics: noMetrics },
  )
  try {
    return await work(log)
  } finally {
    await log.close()
  }
}
