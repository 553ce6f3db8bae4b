/** Reads what a member of another version, or no member at all, may have written: nothing is taken on trust. */
export type Fields = Readonly<Record<string, unknown>>

/** Members exchange their user data at every rebalance. */
export const USER_DATA_BYTES_MAX = 512 * 1024

/** Undefined where the bytes are too many, no object, or of another version. */
export function readVersioned(bytes: Uint8Array, version: number): Fields | undefined {
  if (bytes.length === 0 || bytes.length > USER_DATA_BYTES_MAX) return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString())
    const fields = fieldsOf(parsed)
    return fields?.['version'] === version ? fields : undefined
  } catch {
    return undefined
  }
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined
}

export function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
