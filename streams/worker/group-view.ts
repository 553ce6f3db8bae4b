import type { HostInfo, StreamsClientMetadata } from '../streams-client-metadata.ts'
import type { ProcessTasks, TaskAssignment } from './assignment/task-assignment.ts'

/** The whole group as the last assignment tells it: which process runs and follows what. */
export class GroupView {
  readonly processId: string
  /** `host:port`, or nothing. */
  readonly applicationServer: string
  #processes: readonly ProcessTasks[] = []

  constructor(processId: string, applicationServer: string) {
    this.processId = processId
    this.applicationServer = applicationServer
  }

  assigned({ processes }: TaskAssignment): void {
    this.#processes = processes
  }

  /** Tasks that this process runs or follows. */
  ownTasks(): readonly string[] {
    const own = this.#processes.find(({ processId }) => processId === this.processId)
    return own === undefined ? [] : [...own.active, ...own.standby]
  }

  clients(): readonly StreamsClientMetadata[] {
    return this.#processes.map(({ processId, applicationServer, active, standby }) => ({
      processId,
      host: hostOf(applicationServer),
      activeTasks: active,
      standbyTasks: standby,
    }))
  }
}

/** Undefined where it is no `host:port`. */
export function hostOf(applicationServer: string): HostInfo | undefined {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/@]{1,253}):(\d{1,5})$/.exec(applicationServer)
  const [, host, port] = match ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined
  return { host, port: Number(port) }
}
