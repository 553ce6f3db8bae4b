import type { TopicPartition } from './log/log.ts'

/** Where a failure happened. Every part is optional; what is known is said. */
export interface ErrorPlace extends Partial<TopicPartition> {
  readonly offset?: number
  readonly key?: string
  readonly taskId?: string
  readonly node?: string
  readonly store?: string
  readonly path?: string
}

/**
 * A failure of the world around the runtime, with a stable code, where it happened and what to do. Codes are kept from release to
 * release; messages may improve.
 */
export class StreamsError extends Error {
  override readonly name = 'StreamsError'
  readonly code: string
  readonly place: ErrorPlace
  readonly remedy: string

  constructor(code: string, what: string, place: ErrorPlace, remedy: string, cause?: unknown) {
    super(
      `${code}: ${what}${describePlace(place)}. ${remedy}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.place = place
    this.remedy = remedy
  }
}

function describePlace(place: ErrorPlace): string {
  const parts: string[] = []
  if (place.topic !== undefined) {
    const partition = place.partition === undefined ? '' : `-${place.partition}`
    const offset = place.offset === undefined ? '' : `@${place.offset}`
    parts.push(`at ${place.topic}${partition}${offset}`)
  }
  if (place.key !== undefined) parts.push(`key ${place.key}`)
  if (place.taskId !== undefined) parts.push(`task ${place.taskId}`)
  if (place.node !== undefined) parts.push(`node ${place.node}`)
  if (place.store !== undefined) parts.push(`store ${place.store}`)
  if (place.path !== undefined) parts.push(`path ${place.path}`)
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`
}
