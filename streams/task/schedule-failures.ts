import type { FailedRecord } from './failed-record.ts'

const DECISIONS: readonly unknown[] = ['processed', 'continue', 'dead-letter']
const STAGES: readonly unknown[] = ['deserialization', 'processing', 'production']

/** Failures are rare: readable text. */
export function encodeFailures(failures: readonly FailedRecord[]): string {
  return JSON.stringify(failures)
}

/** @throws {RangeError} which says what is wrong */
export function decodeFailures(text: string): readonly FailedRecord[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new RangeError('its failures are not JSON')
  }
  if (!Array.isArray(parsed) || !parsed.every(isFailedRecord))
    throw new RangeError('its failures are not those of records')
  return parsed
}

function isFailedRecord(value: unknown): value is FailedRecord {
  if (!isObject(value) || !isObject(value['cause'])) return false
  const { topic, partition, offset, attempts, decision, stage, node, stack } = value
  const { code, what, remedy } = value['cause']
  return (
    [topic, node, code, what, remedy].every((one) => typeof one === 'string') &&
    [partition, offset, attempts, value['firstFailedMs'], value['lastFailedMs']].every(
      Number.isSafeInteger,
    ) &&
    DECISIONS.includes(decision) &&
    STAGES.includes(stage) &&
    (stack === undefined || typeof stack === 'string')
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
