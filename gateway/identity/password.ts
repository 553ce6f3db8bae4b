import { scrypt, timingSafeEqual } from 'node:crypto'
import { type RandomSource, randomSecret } from '../random-source.ts'

export interface PasswordHash {
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/** scrypt with N = 2^14, r = 8, p = 1: 16 MiB and some 40 ms on a thread of the pool. */
export async function hashPassword(password: string, random: RandomSource): Promise<PasswordHash> {
  const salt = random.bytes(16)
  return { salt, hash: await derive(password, salt) }
}

/** Takes the same time for every password. */
export async function passwordMatches(password: string, stored: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, stored.salt), stored.hash)
}

/** 192 random bits that can be typed and pasted. */
export function generatePassword(random: RandomSource): string {
  return randomSecret(random).slice(0, 32)
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { N: 16_384, r: 8, p: 1 }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
