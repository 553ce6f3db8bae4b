import { PLATFORM_TENANT, recordKey } from '#topics'

/** The last event of each key of a compacted topic: of reference data that a tenant may have of its own. */
export class LatestEvents<E> {
  readonly #byKey = new Map<string, E>()

  apply(key: string, event: E | undefined): void {
    if (event === undefined) this.#byKey.delete(key)
    else this.#byKey.set(key, event)
  }

  /** The tenant's own. */
  own(tenant: string, entityId: string): E | undefined {
    return this.#byKey.get(recordKey(tenant, entityId))
  }

  /** The tenant's own, which hides the platform's of the same id. */
  find(tenant: string, entityId: string): E | undefined {
    return this.own(tenant, entityId) ?? this.own(PLATFORM_TENANT, entityId)
  }
}
