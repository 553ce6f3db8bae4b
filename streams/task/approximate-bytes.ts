const REFERENCE_BYTES = 8
const OBJECT_BYTES = 32
/** Values looked at; what lies beyond counts like what was seen. */
const VALUES_MAX = 200

/** What a decoded value takes in memory, roughly: strings as UTF-16, numbers and references as words. Bounded work for large values. */
export function approximateBytes(value: unknown): number {
  if (typeof value === 'number' || value === undefined || value === null) return REFERENCE_BYTES
  if (typeof value === 'string') return OBJECT_BYTES + 2 * value.length
  if (value instanceof Uint8Array) return OBJECT_BYTES + value.byteLength
  if (typeof value !== 'object') return REFERENCE_BYTES
  return (Array.isArray(value) ? undefined : bytesOfFlat(value)) ?? bytesOfObject(value)
}

/** As `bytesOfObject`, of what holds no further objects; undefined of what does. No array is made of its values. */
function bytesOfFlat(object: object): number | undefined {
  let bytes = OBJECT_BYTES
  let seen = 0
  for (const name in object) {
    const part = (object as Readonly<Record<string, unknown>>)[name]
    if (++seen > VALUES_MAX) return undefined
    if (typeof part === 'object' && part !== null && !(part instanceof Uint8Array)) return undefined
    bytes += REFERENCE_BYTES + approximateBytes(part)
  }
  return bytes
}

function bytesOfObject(root: object): number {
  const waiting: object[] = [root]
  let bytes = 0
  let seen = 0
  let known = 1
  for (let at = 0; at < waiting.length && seen < VALUES_MAX; at++) {
    const object = waiting[at]
    if (object === undefined) break
    const parts: readonly unknown[] = Array.isArray(object) ? object : Object.values(object)
    bytes += OBJECT_BYTES
    known += parts.length
    for (const part of parts) {
      if (++seen > VALUES_MAX) break
      bytes += REFERENCE_BYTES
      if (typeof part === 'object' && part !== null && !(part instanceof Uint8Array))
        waiting.push(part)
      else bytes += approximateBytes(part)
    }
  }
  return seen > VALUES_MAX ? Math.ceil((bytes * known) / seen) : bytes
}
