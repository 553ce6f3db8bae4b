import { StreamsError } from '../errors.ts'
import type { ObservedTime } from '../processor.ts'

/** So many fit into the text that is kept with an offset, whatever their values. */
const OBSERVED_TIMES_MAX = 150

/**
 * The stream times of a task's operators, by name. They are kept with the committed offsets by a short hash of the name, so that they
 * neither depend on the order of the nodes nor take the room that names would.
 */
export class ObservedTimes {
  /** Something advanced since the last `kept`. */
  hasChanged = false
  /** How often something advanced. */
  advances = 0
  readonly #taskId: string
  readonly #byId = new Map<string, OperatorTime>()
  readonly #resumed = new Map<string, number>()

  constructor(taskId: string) {
    this.#taskId = taskId
  }

  /** @throws {StreamsError} STREAMS_TOO_MANY_TIMES, STREAMS_NAMES_COLLIDE */
  of(name: string): ObservedTime {
    const id = shortId(name)
    const known = this.#byId.get(id)
    if (known !== undefined) {
      if (known.name !== name) throw colliding(this.#taskId, known.name, name)
      return known
    }
    if (this.#byId.size >= OBSERVED_TIMES_MAX) throw tooMany(this.#taskId, name)
    const time = new OperatorTime(this, name, this.#resumed.get(id) ?? -1)
    this.#byId.set(id, time)
    return time
  }

  /** Times as they were kept; of several inputs the latest holds. Before the operators ask for theirs. */
  resume(times: ReadonlyMap<string, number>): void {
    for (const [id, ms] of times) {
      if (ms > (this.#resumed.get(id) ?? -1)) this.#resumed.set(id, ms)
    }
  }

  /** By short id; operators that saw nothing are left out. */
  times(): ReadonlyMap<string, number> {
    const times = new Map<string, number>()
    for (const [id, { ms }] of this.#byId) if (ms >= 0) times.set(id, ms)
    return times
  }

  kept(): void {
    this.hasChanged = false
  }
}

class OperatorTime implements ObservedTime {
  readonly name: string
  ms: number
  readonly #owner: ObservedTimes

  constructor(owner: ObservedTimes, name: string, ms: number) {
    this.#owner = owner
    this.name = name
    this.ms = ms
  }

  advance(toMs: number): boolean {
    if (toMs < this.ms) return false
    if (toMs > this.ms) {
      this.ms = toMs
      this.#owner.hasChanged = true
      this.#owner.advances++
    }
    return true
  }
}

/** FNV-1a over UTF-16 units, 32 bits, in base 36: at most seven characters. */
function shortId(name: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  }
  return (hash >>> 0).toString(36)
}

function colliding(taskId: string, one: string, other: string): StreamsError {
  return new StreamsError(
    'STREAMS_NAMES_COLLIDE',
    `the times of "${one}" and "${other}" would be kept under the same short name`,
    { taskId, node: other },
    'Name one of the two operators otherwise.',
  )
}

function tooMany(taskId: string, name: string): StreamsError {
  return new StreamsError(
    'STREAMS_TOO_MANY_TIMES',
    `a sub-topology has more than ${OBSERVED_TIMES_MAX} windowed operators, joins and suppressions: their times do not fit beside an offset`,
    { taskId, node: name },
    'Split the sub-topology: put a repartition() between its parts, or make two applications of it.',
  )
}
