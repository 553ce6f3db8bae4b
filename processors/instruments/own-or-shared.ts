import type { ReadOnlyKeyValueStore } from '#streams'

/** The tenant of what is everyone's. */
export const EVERYONE = 'platform'

/** The tenant's own of this id, which hides everyone's. */
export function ownOrShared<V>(
  table: Pick<ReadOnlyKeyValueStore<string, V>, 'get'> | undefined,
  tenantId: string,
  id: string,
): V | undefined {
  return table?.get(`${tenantId}|${id}`) ?? table?.get(`${EVERYONE}|${id}`)
}
