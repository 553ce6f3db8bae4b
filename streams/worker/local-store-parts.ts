import type { LocalStorePart } from '../queries/local-parts.ts'
import { Position } from '../queries/position.ts'
import type { StandbyTask } from '../standby/standby-task.ts'
import type { ActiveTask } from './active-task.ts'

/** The parts of a store that local active tasks have. */
export function activeParts(tasks: readonly ActiveTask[], name: string): LocalStorePart[] {
  const parts: LocalStorePart[] = []
  for (const { taskId, task, stores } of tasks) {
    if (task === undefined || stores?.names.includes(name) !== true) continue
    const { committed } = stores.get(name)
    if (committed === undefined) continue
    const position = () => Position.of(task.committedPositions())
    parts.push({ partition: task.partition, taskId, store: committed, role: 'active', position })
  }
  return parts
}

/** Those that local standby tasks have, as far as they have read the changelog: once they had all of it. */
export function standbyParts(tasks: readonly StandbyTask[], name: string): LocalStorePart[] {
  const parts: LocalStorePart[] = []
  for (const standby of tasks) {
    const { taskId, partition, stores } = standby
    const committed = stores?.names.includes(name) === true ? stores.get(name).committed : undefined
    if (committed === undefined || !standby.isComplete(name)) continue
    const position = () => standby.reflected(name)
    const offsetLag = () => standby.lagOf(name)
    parts.push({ partition, taskId, store: committed, role: 'standby', position, offsetLag })
  }
  return parts
}
