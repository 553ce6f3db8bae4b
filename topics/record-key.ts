import { StreamsError } from '#streams'

/** Tenant of what all tenants share: market data, its instruments and their status. */
export const PLATFORM_TENANT = 'platform'

export interface RecordKey {
  readonly tenantId: string
  readonly entityId: string
}

/** `tenantId|entityId`, the key of every record. A tenant's id holds no `|`; an entity's may. */
export function recordKey(tenantId: string, entityId: string): string {
  return `${tenantId}|${entityId}`
}

/** @throws {StreamsError} TOPICS_KEY_MALFORMED */
export function parseRecordKey(key: string): RecordKey {
  const border = key.indexOf('|')
  if (border <= 0 || border === key.length - 1) {
    throw new StreamsError(
      'TOPICS_KEY_MALFORMED',
      'a record key is tenantId|entityId',
      { key },
      'Make keys with recordKey.',
    )
  }
  return { tenantId: key.slice(0, border), entityId: key.slice(border + 1) }
}
