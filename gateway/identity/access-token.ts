import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '#streams'
import type { Principal } from './principal.ts'
import { ASSET_CLASSES, ROLES } from './roles.ts'
import { SIGNING_ALGORITHM, type SigningKey } from './signing-key.ts'

export const TOKEN_ISSUER = 'orion'
export const TOKEN_AUDIENCE = 'orion'

const Claims = z.object({
  sub: z.string().min(1),
  tenant: z.string().min(1),
  roles: z.array(z.enum(ROLES)),
  entitlements: z.object({ assetClasses: z.array(z.enum(ASSET_CLASSES)) }),
  sid: z.string().min(1),
  jti: z.string().min(1),
  exp: z.number(),
})

export function signAccessToken(
  principal: Principal,
  { key, clock }: { readonly key: SigningKey; readonly clock: Clock },
): Promise<string> {
  return new SignJWT({
    tenant: principal.tenant,
    roles: principal.roles,
    entitlements: { assetClasses: principal.assetClasses },
    sid: principal.sessionId,
  })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: key.keyId, typ: 'JWT' })
    .setSubject(principal.user)
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setJti(principal.tokenId)
    .setIssuedAt(Math.floor(clock.nowMs() / 1000))
    .setExpirationTime(Math.floor(principal.expiresAtMs / 1000))
    .sign(key.privateKey)
}

/** The caller that a token names; undefined if the signature, the algorithm, the issuer, the time or a claim is not right. */
export async function verifyAccessToken(
  token: string,
  { key, clock }: { readonly key: SigningKey; readonly clock: Clock },
): Promise<Principal | undefined> {
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      // Named, so that neither "none" nor a symmetric algorithm keyed with the public key is taken.
      algorithms: [SIGNING_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      currentDate: new Date(clock.nowMs()),
    })
    const claims = Claims.parse(payload)
    return {
      user: claims.sub,
      tenant: claims.tenant,
      roles: claims.roles,
      assetClasses: claims.entitlements.assetClasses,
      sessionId: claims.sid,
      tokenId: claims.jti,
      expiresAtMs: claims.exp * 1000,
    }
  } catch {
    return undefined
  }
}
