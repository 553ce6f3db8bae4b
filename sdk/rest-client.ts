import type {
  Bar,
  BarInterval,
  ChainEvent,
  Confirmation,
  Instrument,
  KillSwitch,
  LpMetrics,
  MarketSnapshot,
  Me,
  Notification,
  Page,
  Rfq,
  RfqRequest,
  TopologyStatus,
  TopologySummary,
  Trade,
} from '#gateway/protocol'
import { type Answer, HttpSession, jsonOf, OrionProblem } from './http-session.ts'
import { ReadPosition } from './read-position.ts'

/**
 * What became of a command. `current` is the RFQ as the command left it; undefined when the gateway took the command but did not yet see
 * what came of it: then `location` is where it will be seen.
 */
export interface RfqOutcome {
  readonly rfqId: string
  readonly current: Rfq | undefined
  readonly location: string
}

/** One key names one command: the same key sent again is answered with the first outcome. Made here when left out. */
export interface CommandOptions {
  readonly idempotencyKey?: string
  /** Of the chain of events that it begins. */
  readonly correlationId?: string
}

/** By what a list is narrowed; the names are those of the gateway's query. */
export type ListQuery = Readonly<Record<string, string | number | undefined>> & {
  readonly limit?: number
  readonly cursor?: string
}

const POSITION = 'x-orion-position'
/** The server gave up waiting for the position that a read named. */
const WAITED_IN_VAIN = 504

/**
 * Typed REST client. Reads of RFQs, trades and what follows from them see at least what earlier calls of this client for the same
 * resource saw: positions of answers are remembered and sent.
 * @throws {OrionProblem} from every call, with what the gateway said; status 0 when it could not be reached
 */
export class OrionClient extends HttpSession {
  /** By resource: a view of the gateway knows the topics of its own positions alone. */
  readonly #positions = new Map<string, ReadPosition>()

  me(): Promise<Me> {
    return this.call('GET', '/me')
  }

  instruments(
    query: {
      readonly limit?: number
      readonly cursor?: string
      readonly assetClass?: string
      readonly q?: string
    } = {},
  ): Promise<Page<Instrument>> {
    return this.call('GET', '/instruments', { query })
  }

  /** Every instrument that the user may see, page by page. */
  async allInstruments(): Promise<readonly Instrument[]> {
    const all: Instrument[] = []
    let cursor: string | null | undefined
    do {
      const page: Page<Instrument> = await this.instruments({
        limit: 500,
        ...(cursor ? { cursor } : {}),
      })
      all.push(...page.items)
      cursor = page.nextCursor
    } while (cursor)
    return all
  }

  snapshot(instrumentId: string): Promise<MarketSnapshot> {
    return this.call('GET', '/market/snapshot', { query: { instrumentId } })
  }

  /** Bars by window start. Times in ms since the epoch, `from` inclusive, `to` exclusive. */
  bars(query: {
    readonly instrumentId: string
    readonly interval: BarInterval
    readonly from?: number
    readonly to?: number
    readonly limit?: number
  }): Promise<Page<Bar>> {
    return this.call('GET', '/market/bars', { query })
  }

  /** What runs beside the gateway; for PLATFORM and ADMIN. */
  async topologies(): Promise<readonly TopologySummary[]> {
    const page: Page<TopologySummary> = await this.call('GET', '/admin/topologies')
    return page.items
  }

  topology(name: string): Promise<TopologyStatus> {
    return this.call('GET', `/admin/topologies/${encodeURIComponent(name)}`)
  }

  /** Newest first unless the query says otherwise. */
  rfqs(query: ListQuery = {}): Promise<Page<Rfq>> {
    return this.#read('/rfqs', query)
  }

  rfq(rfqId: string): Promise<Rfq> {
    return this.#read(`/rfqs/${encodeURIComponent(rfqId)}`)
  }

  createRfq(request: RfqRequest, options: CommandOptions = {}): Promise<RfqOutcome> {
    return this.#command('/rfqs', request, options)
  }

  /** The version is that of the RFQ which the quote was seen in. @throws {OrionProblem} 409 with `current` when it has another by now */
  acceptQuote(
    rfqId: string,
    accept: { readonly quoteId: string; readonly version: number },
    options: CommandOptions = {},
  ): Promise<RfqOutcome> {
    return this.#command(`/rfqs/${encodeURIComponent(rfqId)}/accept`, accept, options)
  }

  cancelRfq(rfqId: string, options: CommandOptions = {}): Promise<RfqOutcome> {
    return this.#command(`/rfqs/${encodeURIComponent(rfqId)}/cancel`, {}, options)
  }

  /** For SALES: a quote by hand. */
  quoteRfq(
    rfqId: string,
    quote: {
      readonly price: string
      readonly size?: string
      readonly expirySeconds?: number
      readonly lpId?: string
    },
    options: CommandOptions = {},
  ): Promise<RfqOutcome> {
    return this.#command(`/rfqs/${encodeURIComponent(rfqId)}/quotes`, quote, options)
  }

  trades(query: ListQuery = {}): Promise<Page<Trade>> {
    return this.#read('/trades', query)
  }

  trade(tradeId: string): Promise<Trade> {
    return this.#read(`/trades/${encodeURIComponent(tradeId)}`)
  }

  /** What both parties were told of a trade; 404 `not-confirmed` until there is one. */
  confirmation(tradeId: string): Promise<Confirmation> {
    return this.#read(confirmationOf(tradeId))
  }

  /** The same as a file of one page. */
  async confirmationPdf(tradeId: string): Promise<Blob> {
    const type = 'application/pdf'
    const path = confirmationOf(tradeId)
    const { bytes } = await this.#readAnswer(path, { format: 'pdf' }, { accept: type })
    return new Blob([bytes], { type })
  }

  /** Whether trading is stopped, by whom and why. */
  killSwitch(): Promise<KillSwitch> {
    return this.#read('/admin/killswitch')
  }

  /** For RISK and ADMIN: stops or releases the trading of their tenant. Traders read the reason. */
  async setKillSwitch(
    verb: 'enable' | 'disable',
    reason: string,
    { idempotencyKey = commandKey() }: CommandOptions = {},
  ): Promise<void> {
    const path = `/admin/killswitch/${verb}`
    const headers = { 'idempotency-key': idempotencyKey }
    const answer = await this.exchange('POST', path, { body: { reason }, headers })
    this.#positionOf(path).reached(answer.headers.get(POSITION))
  }

  alerts(query: ListQuery = {}): Promise<Page<Notification>> {
    return this.#read('/alerts', query)
  }

  async lpMetrics(): Promise<readonly LpMetrics[]> {
    const page: Page<LpMetrics> = await this.#read('/analytics/lp-metrics')
    return page.items
  }

  /** The events that a correlation id names, in the order of time. */
  chain(correlationId: string): Promise<Page<ChainEvent>> {
    return this.#read('/audit', { correlationId })
  }

  async #read<T>(path: string, query: ListQuery = {}): Promise<T> {
    return jsonOf<T>(await this.#readAnswer(path, query))
  }

  async #readAnswer(
    path: string,
    query: ListQuery,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const reached = this.#positionOf(path)
    const position = reached.text
    try {
      const answer = await this.exchange('GET', path, {
        query,
        headers: { ...headers, ...(position === undefined ? {} : { [POSITION]: position }) },
      })
      reached.reached(answer.headers.get(POSITION))
      return answer
    } catch (error) {
      // A position that the server cannot reach (its data were wiped) must not block every later read.
      if (error instanceof OrionProblem && error.problem.status === WAITED_IN_VAIN) reached.forget()
      throw error
    }
  }

  async #command(
    path: string,
    body: unknown,
    { idempotencyKey = commandKey(), correlationId }: CommandOptions,
  ): Promise<RfqOutcome> {
    const answer = await this.exchange('POST', path, {
      body,
      headers: {
        'idempotency-key': idempotencyKey,
        ...(correlationId === undefined ? {} : { 'x-correlation-id': correlationId }),
      },
    })
    this.#positionOf(path).reached(answer.headers.get(POSITION))
    const location = answer.headers.get('location') ?? ''
    const current = answer.status === 202 ? undefined : jsonOf<Rfq>(answer)
    const named = current?.rfqId ?? /\/rfqs\/([^/?\s]+)/.exec(`${location} ${path}`)?.[1]
    return { rfqId: decodeURIComponent(named ?? ''), current, location }
  }

  #positionOf(path: string): ReadPosition {
    const resource = path.split('/')[1] ?? ''
    let position = this.#positions.get(resource)
    if (position === undefined) {
      position = new ReadPosition()
      this.#positions.set(resource, position)
    }
    return position
  }
}

function confirmationOf(tradeId: string): string {
  return `/trades/${encodeURIComponent(tradeId)}/confirmation`
}

/** A new idempotency key. `crypto.randomUUID` is there in secure contexts only. */
export function commandKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
