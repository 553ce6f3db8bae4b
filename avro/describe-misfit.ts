import type { AvroType } from './avro-type.ts'

/** Where and why a value does not fit its schema: `tickSize: 0.1234 has 4 decimal places, ...`. Slow: for the message of an error only. */
export function describeMisfit(type: AvroType, value: unknown): string | undefined {
  let found: string | undefined
  type.isValid(value, {
    errorHook: (path: readonly string[], inner: unknown, innerType: AvroType) => {
      found ??= `${path.join('.') || 'value'}: ${reasonOf(innerType, inner)}`
    },
  })
  return found
}

function reasonOf(type: AvroType, value: unknown): string {
  if (type.typeName.startsWith('logical:')) {
    try {
      type.toBuffer(value)
    } catch (cause) {
      if (cause instanceof Error) return cause.message
    }
  }
  if (type.typeName === 'long' && typeof value === 'number' && Number.isInteger(value)) {
    return `${value} is beyond 2^53, where a number is not exact`
  }
  return `${display(value)} is not ${type.name ?? type.typeName}`
}

function display(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
