/** Where identifiers, salts and secrets come from; injected, so that a test can name them. Must be cryptographically strong outside of tests. */
export interface RandomSource {
  bytes(count: number): Uint8Array
}

/** 128 random bits in hexadecimal. */
export function randomId(random: RandomSource): string {
  return Buffer.from(random.bytes(16)).toString('hex')
}

/** 256 random bits in base64url. */
export function randomSecret(random: RandomSource): string {
  return Buffer.from(random.bytes(32)).toString('base64url')
}
