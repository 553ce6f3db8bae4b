import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { streamsDirectory, workersDirectory } from '../start/open-topology.ts'

interface TaskDirectory {
  readonly path: string
  readonly taskId: string
  readonly partition: number
}

/** State of the tasks of a sub-topology, of the main thread and of every worker thread: a task may have left some in several places. */
export function taskDirectories(
  dataDir: string,
  applicationId: string,
  subTopology: number,
): readonly TaskDirectory[] {
  const workers = workersDirectory(dataDir)
  const threads = [
    streamsDirectory(dataDir),
    ...namesIn(workers).map((worker) => join(workers, worker)),
  ]
  return threads.flatMap((thread) => {
    const directory = join(thread, applicationId)
    return namesIn(directory)
      .filter((taskId) => taskId.startsWith(`${subTopology}_`))
      .map((taskId) => ({
        path: join(directory, taskId),
        taskId,
        partition: Number(taskId.slice(taskId.indexOf('_') + 1)),
      }))
  })
}

const namesIn = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : []
