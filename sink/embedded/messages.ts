import type { JSONWebKeySet } from 'jose'
import type { RevokedSession } from './revoked-sessions.ts'

/** What the parent hands to the engine's process, over the private channel: secrets are in no argument and no environment. */
export interface StartMessage {
  readonly kind: 'start'
  readonly directory: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly jwks: JSONWebKeySet
  readonly serviceToken: string
  readonly issuer: string
  readonly audience: string
  readonly memoryBytesMax: number
  readonly revoked: readonly RevokedSession[]
}

export type ChildMessage =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'failed'; readonly what: string }

export interface RevokeMessage {
  readonly kind: 'revoke'
  readonly session: RevokedSession
}

export interface StopMessage {
  readonly kind: 'stop'
}
