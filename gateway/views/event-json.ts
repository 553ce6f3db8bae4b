import { Decimal } from 'decimal.js'

/** A payload as JSON has it: decimals as text, bytes in base64, times as the numbers that they are. */
export function eventJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Decimal.isDecimal(value)) return value.toFixed()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(eventJson)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, eventJson(part)]))
}
