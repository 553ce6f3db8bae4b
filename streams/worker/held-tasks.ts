import { readdirSync } from 'node:fs'
import { compareTaskIds, parseTaskId } from '../task/task-id.ts'

/** Tasks whose state lies in an application's directory. Read at each join, which is rare. */
export function storedTasks(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => parseTaskId(name) !== undefined)
      .sort(compareTaskIds)
  } catch {
    // There is no directory before the first task of an application.
    return []
  }
}
