import {
  type Fields,
  fieldsOf,
  readVersioned,
  stringOf,
  stringsOf,
  USER_DATA_BYTES_MAX,
} from './bounded-json.ts'

/** What one process holds when the assignment is carried out. */
export interface ProcessTasks {
  readonly processId: string
  readonly applicationServer: string
  readonly active: readonly string[]
  /** Warm-ups among them. */
  readonly standby: readonly string[]
}

/** What an assignment tells a stream thread. */
export interface TaskAssignment {
  readonly active: readonly string[]
  readonly standby: readonly string[]
  /** Standby tasks that become active here once they are caught up. */
  readonly warmup: readonly string[]
  /** A task waits for a warm-up: ask for a rebalance later. */
  readonly probing: boolean
  /** Tasks whose state in this process nobody needs: another one that is no owner is at least as near. */
  readonly removable: readonly string[]
  readonly processes: readonly ProcessTasks[]
  /** An instance has asked all of them to stop. */
  readonly shutdown?: true
}

const VERSION = 2

export const NOTHING_ASSIGNED: TaskAssignment = {
  active: [],
  standby: [],
  warmup: [],
  probing: false,
  removable: [],
  processes: [],
}

/** Beyond the bound what other processes hold is left out: queries are then not routed until it fits. */
export function encodeTaskAssignment(assignment: TaskAssignment): Uint8Array {
  const bytesOf = (told: TaskAssignment) =>
    Buffer.from(JSON.stringify({ version: VERSION, ...told }))
  const bytes = bytesOf(assignment)
  if (bytes.length <= USER_DATA_BYTES_MAX) return bytes
  return bytesOf({ ...assignment, removable: [], processes: [] })
}

/** Undefined where it says nothing that is understood: partitions alone count then. */
export function decodeTaskAssignment(bytes: Uint8Array): TaskAssignment | undefined {
  const fields = readVersioned(bytes, VERSION)
  if (fields === undefined) return undefined
  const processes = Array.isArray(fields['processes']) ? fields['processes'] : []
  return {
    active: stringsOf(fields['active']),
    standby: stringsOf(fields['standby']),
    warmup: stringsOf(fields['warmup']),
    probing: fields['probing'] === true,
    removable: stringsOf(fields['removable']),
    processes: processes
      .map(fieldsOf)
      .filter((each) => each !== undefined)
      .map(processOf),
    ...(fields['shutdown'] === true ? { shutdown: true } : {}),
  }
}

function processOf(fields: Fields): ProcessTasks {
  return {
    processId: stringOf(fields['processId']),
    applicationServer: stringOf(fields['applicationServer']),
    active: stringsOf(fields['active']),
    standby: stringsOf(fields['standby']),
  }
}
