import {
  fieldsOf,
  readVersioned,
  stringOf,
  stringsOf,
  USER_DATA_BYTES_MAX,
} from './bounded-json.ts'

/** How far the stores of a task are, summed over their changelogs. */
export interface StoredPosition {
  /** Next offsets to restore from. */
  readonly position: number
  /** Ends of the changelogs as far as they were seen; at least the position. */
  readonly end: number
}

/** What a stream thread tells the group of itself and of its process. */
export interface HeldTasks {
  /** Of the process: threads with the same one share its state directory. */
  readonly processId: string
  /** `host:port` where the process answers queries, or nothing. */
  readonly applicationServer: string
  /** Tasks of this thread. */
  readonly active: readonly string[]
  /** Those of them that are not restored yet. */
  readonly restoring: readonly string[]
  /** Standby tasks of this thread, warm-ups among them. */
  readonly standby: readonly string[]
  /** Of every task whose state lies in the directory, open or not. */
  readonly stored: ReadonlyMap<string, StoredPosition>
  /** Different at each join: a broker rebalances for members that say something new. */
  readonly joins: number
  /** All instances of the application are to stop. */
  readonly shutdown?: true
}

const VERSION = 2

/** Beyond the bound positions of stored tasks are left out: the assignment is then merely less sticky. */
export function encodeHeldTasks(held: HeldTasks): Uint8Array {
  const { stored, ...rest } = held
  const own = new Set([...held.active, ...held.standby])
  const positions = [...stored].map(
    ([taskId, { position, end }]) => [taskId, [position, end]] as const,
  )
  const bytesOf = (entries: typeof positions) =>
    Buffer.from(JSON.stringify({ version: VERSION, ...rest, stored: Object.fromEntries(entries) }))
  const bytes = bytesOf(positions)
  if (bytes.length <= USER_DATA_BYTES_MAX) return bytes
  const fewer = bytesOf(positions.filter(([taskId]) => own.has(taskId)))
  return fewer.length <= USER_DATA_BYTES_MAX ? fewer : bytesOf([])
}

/** Undefined where it says nothing that is understood: nothing is held then. */
export function decodeHeldTasks(bytes: Uint8Array): HeldTasks | undefined {
  const fields = readVersioned(bytes, VERSION)
  if (fields === undefined || stringOf(fields['processId']) === '') return undefined
  const joins = Number(fields['joins'])
  return {
    processId: stringOf(fields['processId']),
    applicationServer: stringOf(fields['applicationServer']),
    active: stringsOf(fields['active']),
    restoring: stringsOf(fields['restoring']),
    standby: stringsOf(fields['standby']),
    stored: storedOf(fields['stored']),
    joins: Number.isSafeInteger(joins) ? joins : 0,
    ...(fields['shutdown'] === true ? { shutdown: true } : {}),
  }
}

function storedOf(value: unknown): Map<string, StoredPosition> {
  const stored = new Map<string, StoredPosition>()
  for (const [taskId, pair] of Object.entries(fieldsOf(value) ?? {})) {
    const [position, end] = Array.isArray(pair) ? pair : []
    if (!isCount(position) || !isCount(end)) continue
    stored.set(taskId, { position, end: Math.max(position, end) })
  }
  return stored
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
