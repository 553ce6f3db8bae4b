import type { Problem, Rfq, RfqRequest } from '#gateway/protocol'
import { wallMs } from '../measuring/aligned-clock.ts'
import { logIn } from '../measuring/gateway-client.ts'
import { pause } from '../measuring/read-topic.ts'
import { count, type Tally } from './tally.ts'

const RETRY_MS = 300
const REQUEST_MS_MAX = 6_000

/** Where the platform is now: another address after each restart, nowhere in between. */
export interface Gateway {
  url: URL | undefined
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly attempts: number
  readonly ms: number
}

/** A trader's program: retries every command with its key until it is answered, as one should. */
export class Trader {
  readonly #user: string
  readonly #password: string
  readonly #gateway: Gateway
  readonly #tally: Tally
  #token = ''

  constructor(user: string, password: string, gateway: Gateway, tally: Tally) {
    this.#user = user
    this.#password = password
    this.#gateway = gateway
    this.#tally = tally
  }

  /** One RFQ from the create to an accept, a cancel, or nothing, in which case it expires. */
  async rfq(
    key: string,
    request: RfqRequest,
    plan: 'accept' | 'cancel' | 'leave',
    giveUpMs: number,
  ): Promise<void> {
    const tally = this.#tally
    const created = await this.#command('/api/v1/rfqs', key, request, giveUpMs)
    const expiresMs = wallMs() + request.expirySeconds * 1_000
    if (created === undefined) {
      tally.unanswered += 1
      this.#openUntil(expiresMs)
      return
    }
    if (created.status !== 201 && created.status !== 202) {
      this.#fault(`create ${key}`, created)
      return
    }
    if (created.attempts === 1) tally.createMs.push(created.ms)
    const rfqId = rfqIdOf(created.body)
    tally.acknowledged.add(rfqId)
    const first = created.status === 201 ? (created.body as Rfq) : undefined
    if (first?.state === 'REJECTED') {
      count(tally.rejected, first.reason?.code ?? 'unknown')
      return
    }
    const isEnded =
      plan === 'leave'
        ? false
        : plan === 'cancel'
          ? await this.#cancel(rfqId, key, giveUpMs)
          : await this.#acceptBest(rfqId, key, giveUpMs)
    if (!isEnded) this.#openUntil(expiresMs)
  }

  #openUntil(expiresMs: number): void {
    this.#tally.openUntilMs = Math.max(this.#tally.openUntilMs, expiresMs)
  }

  async #cancel(rfqId: string, key: string, giveUpMs: number): Promise<boolean> {
    const path = `/api/v1/rfqs/${rfqId}/cancel`
    const answer = await this.#command(path, `${key}-c`, undefined, giveUpMs)
    if (answer?.status === 200) this.#tally.cancelled.add(rfqId)
    else if (answer !== undefined && answer.status !== 409 && answer.status !== 202)
      this.#fault(`cancel ${rfqId}`, answer)
    return answer?.status === 200
  }

  /** @returns whether it is over, or bound to be */
  async #acceptBest(rfqId: string, key: string, giveUpMs: number): Promise<boolean> {
    const tally = this.#tally
    for (let attempt = 0; wallMs() < giveUpMs; attempt += 1) {
      await pause(attempt === 0 ? 700 : 500)
      const seen = await this.#request('GET', `/api/v1/rfqs/${rfqId}`)
      if (seen.status !== 200) continue
      const { quotes, state, version } = seen.body as Rfq
      if (state !== 'SENT' && state !== 'QUOTING') return true
      const [best] = quotes
      if (best === undefined) continue
      const { quoteId } = best
      tally.acceptsSent.add(`${rfqId}|${quoteId}`)
      const answer = await this.#command(
        `/api/v1/rfqs/${rfqId}/accept`,
        `${key}-a${attempt}`,
        { quoteId, version },
        giveUpMs,
      )
      if (answer === undefined) return false
      if (answer.attempts === 1 && answer.status === 200) tally.acceptMs.push(answer.ms)
      if (answer.status === 200) {
        const { state: after, acceptedQuoteId } = answer.body as Rfq
        // Else under last look: the next look says what came of it.
        if (after !== 'ACCEPTED' && after !== 'TRADED') continue
        tally.accepted.add(`${rfqId}|${acceptedQuoteId ?? quoteId}`)
        return true
      } else if (answer.status !== 409 && answer.status !== 202) {
        this.#fault(`accept ${rfqId}`, answer)
        return false
      }
    }
    return false
  }

  /** Undefined when nobody answered in time. */
  async #command(
    path: string,
    key: string,
    body: object | undefined,
    giveUpMs: number,
  ): Promise<Answer | undefined> {
    for (let attempts = 1; wallMs() < giveUpMs; attempts += 1) {
      const startedMs = wallMs()
      const answer = await this.#request('POST', path, key, body)
      // 404: after a 202, or a restart, the gateway's view may be behind.
      if (!isPutOff(answer.status) && answer.status !== 404)
        return { ...answer, attempts, ms: wallMs() - startedMs }
      await pause(RETRY_MS)
    }
    return undefined
  }

  /** Status 0: there was no answer. */
  async #request(
    method: 'GET' | 'POST',
    path: string,
    key?: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const { url } = this.#gateway
    if (url === undefined) return { status: 0, body: undefined }
    try {
      this.#token ||= await logIn(url, this.#user, this.#password)
      const response = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      })
      const answer: unknown = await response.json()
      if (response.status === 401) this.#token = ''
      if (isPutOff(response.status) || response.status === 404)
        count(this.#tally.retries, String(response.status))
      return { status: response.status, body: answer }
    } catch (error) {
      count(this.#tally.retries, causeOf(error))
      return { status: 0, body: undefined }
    }
  }

  #fault(what: string, { status, body }: Answer): void {
    const { detail } = (body ?? {}) as Partial<Problem>
    if (this.#tally.faults.length < 20)
      this.#tally.faults.push(`${what}: ${status} ${detail ?? ''}`)
  }
}

/** No answer, a token that has ended, too many requests, or a platform that is not ready. */
function isPutOff(status: number): boolean {
  return status === 0 || status === 401 || status === 429 || status >= 500
}

function rfqIdOf(body: unknown): string {
  const { rfqId, commandId } = body as { readonly rfqId?: string; readonly commandId?: string }
  return rfqId ?? `R-${(commandId ?? '').slice(0, 20)}`
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code ?? error.name
}
