/** What a key holds: encoded, and decoded once it was asked for. Shared by overlay and cache. */
export interface StoreValue {
  /** null: the key is known to be absent. */
  readonly encoded: Uint8Array | null
  /** Undefined until decoded; never changed by those who get it. */
  decoded: unknown
}

/** An uncommitted write. */
export interface OverlayEntry extends StoreValue {
  readonly key: Uint8Array
}
