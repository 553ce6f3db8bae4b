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
  const directories = [
    join(streamsDirectory(dataDir), applicationId),
    ...workerDirectoriesOf(dataDir, applicationId),
  ]
  return directories.flatMap((directory) => {
    return namesIn(directory)
      .filter((taskId) => taskId.startsWith(`${subTopology}_`))
      .map((taskId) => ({
        path: join(directory, taskId),
        taskId,
        partition: Number(taskId.slice(taskId.indexOf('_') + 1)),
      }))
  })
}

/** Of an application, in every worker thread that there is or was. */
export function workerDirectoriesOf(dataDir: string, applicationId: string): readonly string[] {
  const workers = workersDirectory(dataDir)
  return namesIn(workers).map((worker) => join(workers, worker, applicationId))
}

const namesIn = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : []
