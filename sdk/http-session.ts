import type { Problem, Session } from '#gateway/protocol'

export interface ClientOptions {
  /** Origin of the gateway, e.g. `https://orion.example`; in a browser the page's own when left out. */
  readonly baseUrl?: string
  readonly fetch?: typeof globalThis.fetch
  /** A session kept from before (a page that was reloaded). */
  readonly session?: Session
  /** Called with each new session, and with undefined when it has ended. */
  readonly onSession?: (session: Session | undefined) => void
  /** Time of this machine, ms since the epoch; `Date.now` when left out. */
  readonly nowMs?: () => number
}

/** A refusal of the gateway, as RFC 9457 problem details. */
export class OrionProblem extends Error {
  override readonly name = 'OrionProblem'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`)
    this.problem = problem
  }
}

interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: ArrayBuffer
}

/**
 * Calls of the gateway within a session. Access tokens are renewed before they expire, and once more when one is refused (clocks differ); a
 * session that cannot be renewed ends, and calls fail with status 401.
 * @throws {OrionProblem} from every call, with what the gateway said; status 0 when it could not be reached
 */
export abstract class HttpSession {
  readonly #baseUrl: string
  readonly #fetch: typeof globalThis.fetch
  readonly #onSession: (session: Session | undefined) => void
  /** Time of this machine, ms since the epoch. */
  readonly nowMs: () => number
  #session: Session | undefined
  #renewal: Promise<void> | undefined
  #renewedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ClientOptions = {}) {
    this.#baseUrl = (options.baseUrl ?? '').replace(/\/$/, '')
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis)
    this.#onSession = options.onSession ?? ((): void => undefined)
    this.#session = options.session
    this.nowMs = options.nowMs ?? Date.now
  }

  get session(): Session | undefined {
    return this.#session
  }

  get baseUrl(): string {
    return this.#baseUrl
  }

  async login(credentials: {
    readonly tenant: string
    readonly user: string
    readonly password: string
  }): Promise<Session> {
    const session = jsonOf<Session>(await this.#send('POST', '/login', { body: credentials }))
    this.#setSession(session)
    return session
  }

  async logout(): Promise<void> {
    try {
      await this.call('POST', '/logout', { body: { refreshToken: this.#session?.refreshToken } })
    } finally {
      this.#setSession(undefined)
    }
  }

  /** Forgets a session that the server has ended. */
  endSession(): void {
    if (this.#session !== undefined) this.#setSession(undefined)
  }

  /** A token that is good for some seconds yet; renews the session when it is not. */
  async accessToken(): Promise<string | undefined> {
    if (this.#session === undefined) return undefined
    const nowMs = this.nowMs()
    const isDue = Date.parse(this.#session.expiresAt) - nowMs < RENEW_BEFORE_MS
    // With a clock that is far ahead every token looks expired.
    if (isDue && nowMs - this.#renewedAtMs > RENEW_EVERY_MS_MIN) await this.renew()
    return this.#session?.accessToken
  }

  /** Trades the refresh token for a new session; several callers share one renewal. */
  renew(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  async #renew(): Promise<void> {
    const refreshToken = this.#session?.refreshToken
    if (refreshToken === undefined) return
    try {
      const session = jsonOf<Session>(
        await this.#send('POST', '/refresh', { body: { refreshToken } }),
      )
      // Logged out, or in anew, meanwhile: that stands.
      if (this.#session?.refreshToken !== refreshToken) return
      this.#renewedAtMs = this.nowMs()
      this.#setSession(session)
    } catch (error) {
      // Unreachable is not refused: the session may be renewed later.
      if (
        this.#session?.refreshToken === refreshToken &&
        error instanceof OrionProblem &&
        (error.problem.status === 401 || error.problem.status === 403)
      )
        this.#setSession(undefined)
      throw error
    }
  }

  /** The answer's JSON; undefined when it has none. */
  protected async call<T>(method: string, path: string, request: CallOptions = {}): Promise<T> {
    return jsonOf<T>(await this.exchange(method, path, request))
  }

  /** The answer as it came, when it is no refusal. */
  protected async exchange(
    method: string,
    path: string,
    request: CallOptions = {},
  ): Promise<Answer> {
    const token = await this.accessToken()
    if (token === undefined) return this.#send(method, path, request)
    try {
      return await this.#send(method, path, { ...request, token })
    } catch (error) {
      if (!(error instanceof OrionProblem && error.problem.status === 401)) throw error
      // Refused before anything was done: repeating is safe.
      if (this.#session?.accessToken === token) await this.renew()
      const renewed = this.#session?.accessToken
      if (renewed === undefined) throw error
      return this.#send(method, path, { ...request, token: renewed })
    }
  }

  async #send(
    method: string,
    path: string,
    { query, body, headers, token }: CallOptions & { readonly token?: string },
  ): Promise<Answer> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) search.set(name, String(value))
    const url = `${this.#baseUrl}/api/v1${path}${search.size > 0 ? `?${search}` : ''}`
    let response: Response
    let bytes: ArrayBuffer
    try {
      response = await this.#fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      })
      bytes = await response.arrayBuffer()
    } catch (cause) {
      throw unreachable(cause)
    }
    if (!response.ok) throw new OrionProblem(problemOf(textOf(bytes), response))
    return { status: response.status, headers: response.headers, bytes }
  }

  #setSession(session: Session | undefined): void {
    this.#session = session
    this.#onSession(session)
  }
}

const RENEW_BEFORE_MS = 30_000
const RENEW_EVERY_MS_MIN = 30_000
const REQUEST_MS_MAX = 15_000

export function jsonOf<T>({ bytes }: Answer): T {
  const text = textOf(bytes)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

function textOf(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes)
}

function unreachable(cause: unknown): OrionProblem {
  return new OrionProblem({
    type: 'about:blank',
    title: 'Unreachable',
    status: 0,
    detail: `the gateway did not answer (${cause instanceof Error ? cause.message : cause})`,
    correlationId: '',
  })
}

function problemOf(text: string, response: Response): Problem {
  try {
    return JSON.parse(text) as Problem
  } catch {
    return {
      type: 'about:blank',
      title: response.statusText || 'Error',
      status: response.status,
      detail: text.slice(0, 200),
      correlationId: response.headers.get('x-correlation-id') ?? '',
    }
  }
}
