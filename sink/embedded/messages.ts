import type { JSONWebKeySet } from 'jose'

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
}

export type ChildMessage =
  | { readonly kind: 'ready'; readonly port: number }
  /** It will not get better by trying again, or it may: `fatal` tells. */
  | { readonly kind: 'failed'; readonly fatal: boolean; readonly what: string }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }

export interface StopMessage {
  readonly kind: 'stop'
}
