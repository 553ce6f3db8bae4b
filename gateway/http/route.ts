import type { z } from 'zod'
import type { Principal } from '../identity/principal.ts'
import type { Role } from '../protocol.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Who may call: anybody, anybody who is logged in, or users with one of these roles. */
type Access = 'public' | 'authenticated' | readonly Role[]

export interface Call<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly correlationId: string
  readonly clientAddress: string
  /** Headers as they came, empty where there was none: `Accept`, `Idempotency-Key`, `x-orion-position`. */
  readonly accept: string
  readonly idempotencyKey: string
  readonly position: string
}

/** A reply that is not JSON, or not with the status 200. */
export class Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer

  constructor(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** A reply in JSON with a status or headers of its own. */
export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return new Reply(status, { ...JSON_HEADERS, ...headers }, JSON.stringify(value))
}

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

interface RouteDocument {
  readonly method: Method
  /** `/api/v1/instruments/{id}`. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  /** Not counted against rates: probes. */
  readonly unlimited?: boolean
  /** Statuses of its own beside those that every route may answer with. */
  readonly problems?: Readonly<Record<number, string>>
  /** Content type of a response that is not JSON. */
  readonly produces?: string
  /** Undefined: 204 without a body. */
  readonly response?: z.ZodType
  /** Of a response that is not answered with 200. */
  readonly status?: 201
  /** Answers 201 instead where it created what it was sent. */
  readonly mayCreate?: boolean
  /** A command: takes `Idempotency-Key`, and is answered 202 with `location` while its outcome is not known. */
  readonly isCommand?: boolean
  /** Takes `x-orion-position` and answers with it. */
  readonly isPositioned?: boolean
}

/** What the server executes: one row of the table that validation, access check, metrics and documentation derive from. */
export interface Route extends RouteDocument {
  readonly access: Access
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  handle(call: Call<unknown, unknown, unknown>, principal: Principal | undefined): unknown
}

type Shape<S> = S extends z.ZodType ? z.output<S> : undefined

interface Schemas<P, Q, B> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
}

/** A route for everybody. */
export function publicRoute<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  route: RouteDocument &
    Schemas<P, Q, B> & { handle(call: Call<Shape<P>, Shape<Q>, Shape<B>>): unknown },
): Route {
  return { ...route, access: 'public' } as Route
}

/** A route for users: the server refuses a call without a valid token or role before `handle` sees it. */
export function userRoute<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  route: RouteDocument &
    Schemas<P, Q, B> & {
      readonly access: 'authenticated' | readonly Role[]
      handle(call: Call<Shape<P>, Shape<Q>, Shape<B>>, principal: Principal): unknown
    },
): Route {
  return route as Route
}
