import type { ChainEvent } from '#sdk'

export interface ChainStep {
  readonly event: ChainEvent
  /** Since the step before; 0 for the first. */
  readonly afterMs: number
  /** Steps between it and the event that began the chain. */
  readonly depth: number
}

/** Events in the order in which they happened; of one time, causes before what they caused. */
export function chainSteps(events: readonly ChainEvent[]): readonly ChainStep[] {
  const byId = new Map(events.map((event) => [event.eventId, event]))
  const depthOf = (event: ChainEvent): number => {
    let depth = 0
    const seen = new Set<string>()
    let at: ChainEvent | undefined = event
    while (at?.causationId != null && !seen.has(at.eventId)) {
      seen.add(at.eventId)
      at = byId.get(at.causationId)
      if (at !== undefined) depth += 1
    }
    return depth
  }
  const ordered = [...byId.values()]
    .map((event) => ({ event, depth: depthOf(event), atMs: Date.parse(event.occurredAt) }))
    .sort(
      (a, b) =>
        a.atMs - b.atMs ||
        a.depth - b.depth ||
        (a.event.topic < b.event.topic ? -1 : a.event.topic > b.event.topic ? 1 : 0) ||
        a.event.partition - b.event.partition ||
        a.event.offset - b.event.offset,
    )
  return ordered.map(({ event, depth, atMs }, i) => ({
    event,
    depth,
    afterMs: atMs - (ordered[i - 1]?.atMs ?? atMs),
  }))
}

const FIELDS_MAX = 80

/** A payload as lines of a table, nested names joined by dots; what has no value is left out. */
export function payloadFields(
  payload: Readonly<Record<string, unknown>>,
): readonly (readonly [name: string, value: string])[] {
  const fields: (readonly [string, string])[] = []
  const add = (name: string, value: unknown): void => {
    if (value === null || value === undefined || value === '') return
    if (typeof value === 'object') {
      const entries = Array.isArray(value)
        ? value.map((one, i): [string, unknown] => [String(i + 1), one])
        : Object.entries(value)
      for (const [key, inner] of entries) add(name === '' ? key : `${name}.${key}`, inner)
    } else fields.push([name, fieldText(name, value)])
  }
  add('', payload)
  const rest = fields.length - FIELDS_MAX
  return rest > 0 ? [...fields.slice(0, FIELDS_MAX), ['…', `and ${rest} more`]] : fields
}

/** Times are told by their names: `expiryTimeMs`, `receivedAtMs`. */
function fieldText(name: string, value: unknown): string {
  if (/(Time|At|Until)(Ms)?$/.test(name) && typeof value === 'number' && value > 1e11)
    return new Date(value).toISOString().replace('T', ' ').replace('Z', ' UTC')
  return String(value)
}
