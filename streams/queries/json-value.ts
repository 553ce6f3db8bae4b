/**
 * A decoded value as plain JSON: exact decimals and bigints as strings, bytes as base64, NaN and infinities as text. A number that is not JavaScript's
 * own is known by its `toFixed`, so that the runtime depends on no decimal library.
 */
export function jsonValue(value: unknown): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (value === undefined) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(jsonValue)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (isDecimal(value)) return value.toFixed()
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, jsonValue(one)]))
}

function isDecimal(value: object): value is { toFixed(): string } {
  return 'toFixed' in value && typeof value.toFixed === 'function'
}

/** A key as a request gives it: JSON, where `{"$bigint": "12"}` and `{"$bytes": "<base64>"}` stand for what JSON does not have. */
export function keyOfJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(keyOfJson)
  const entries = Object.entries(json)
  const [first] = entries
  if (entries.length === 1 && typeof first?.[1] === 'string') {
    const [name, text] = first
    if (name === '$bigint' && /^-?\d{1,100}$/.test(text)) return BigInt(text)
    if (name === '$bytes') return Uint8Array.from(Buffer.from(text, 'base64'))
  }
  return Object.fromEntries(entries.map(([name, one]) => [name, keyOfJson(one)]))
}
