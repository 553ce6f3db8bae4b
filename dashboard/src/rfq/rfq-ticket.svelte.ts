import {
  commandKey,
  type Instrument,
  type Me,
  type OrionClient,
  OrionProblem,
  type Rfq,
  type RfqOutcome,
  type RfqQuote,
  type RfqRequest,
  type Side,
} from '#sdk'
import { problemText } from '../session/problem-text.ts'
import type { RfqDesk } from './rfq-desk.svelte.ts'
import { isOpen, laterOf, whatChanged } from './rfq-text.ts'
import { parseSize } from './size-text.ts'
import type { TicketCommand } from './ticket-command.ts'

export const EXPIRIES_S: readonly number[] = [10, 30, 60, 120, 300]
const ASK_MS = 1_000
const EXPIRY_S_MAX = 3_600

/** What is being asked for, as it was typed. */
export interface Draft {
  readonly instrument: Instrument
  readonly side: Side
  readonly size: string
  readonly expirySeconds: number
  readonly minSize: string
  readonly partialAllowed: boolean
  readonly venueId: string
}

/** One ticket: a draft, then the request that came of it until it is over. */
export class RfqTicket {
  draft: Draft | undefined = $state.raw()
  rfq: Rfq | undefined = $state.raw()
  /** The quote that the next Enter accepts. */
  armedId: string | undefined = $state()
  /** The command that is on its way. */
  busy: 'send' | 'accept' | 'cancel' | undefined = $state()
  /** What was refused, and what changed. */
  notices: readonly string[] = $state.raw([])
  /** Accepts without a confirmation; chosen by the user, kept in this browser. */
  isOneKey: boolean = $state(false)
  /** Sent, but nothing was seen of it yet. */
  awaitedId: string | undefined = $state()
  readonly #client: OrionClient
  readonly #desk: RfqDesk
  readonly #storageKey: string
  /** Commands that got no answer: the same one sent again has the same key. */
  readonly #keys = new Map<string, string>()
  readonly #onRefused: (problem: OrionProblem) => void
  #stopWatching: (() => void) | undefined
  #ask: ReturnType<typeof setTimeout> | undefined

  constructor(
    client: OrionClient,
    desk: RfqDesk,
    { tenant, user }: Me,
    onRefused: (problem: OrionProblem) => void = () => {},
  ) {
    this.#onRefused = onRefused
    this.#client = client
    this.#desk = desk
    this.#storageKey = `orion.one-key.v1|${tenant}|${user}`
    try {
      this.isOneKey = localStorage.getItem(this.#storageKey) === 'yes'
    } catch {
      // No storage: asked again in the next page.
    }
  }

  /** Starts a request, with the size and time of the last one; one that is live stays. */
  open(instrument: Instrument, command: Partial<TicketCommand> = {}): void {
    if (this.isLive) return
    const before = this.draft
    const expiry = command.expirySeconds ?? before?.expirySeconds ?? 30
    this.#forget()
    this.draft = {
      instrument,
      side: command.side ?? before?.side ?? 'BUY',
      size: command.size ?? (before?.instrument === instrument ? before.size : ''),
      expirySeconds: Math.max(1, Math.min(EXPIRY_S_MAX, expiry)),
      minSize: '',
      partialAllowed: false,
      venueId: '',
    }
  }

  get isLive(): boolean {
    return (
      this.busy === 'send' ||
      this.awaitedId !== undefined ||
      (this.rfq !== undefined && (isOpen(this.rfq) || this.rfq.state === 'ACCEPTED'))
    )
  }

  change(changes: Partial<Draft>): void {
    if (this.draft !== undefined) this.draft = { ...this.draft, ...changes }
    this.notices = []
  }

  setOneKey(isOneKey: boolean): void {
    this.isOneKey = isOneKey
    this.armedId = undefined
    try {
      localStorage.setItem(this.#storageKey, isOneKey ? 'yes' : 'no')
    } catch {
      // As above.
    }
  }

  /** Closes the panel. A live request goes on; the blotter has it. */
  close(): void {
    this.#forget()
    this.draft = undefined
  }

  /** After the end: the same again. */
  again(): void {
    if (!this.isLive) this.#forget()
  }

  async send(): Promise<void> {
    if (this.draft === undefined || this.rfq !== undefined || this.awaitedId !== undefined) return
    const request = requestOf(this.draft)
    if ('refusal' in request) {
      this.notices = [request.refusal]
      return
    }
    const outcome = await this.#command('send', `create|${JSON.stringify(request)}`, (options) =>
      this.#client.createRfq(request, options),
    )
    if (outcome === undefined || this.draft === undefined) return
    this.awaitedId = outcome.rfqId
    if (outcome.current !== undefined) this.#desk.take([outcome.current])
    this.#stopWatching = this.#desk.watch(outcome.rfqId, (rfq) => this.#take(rfq))
    this.#askAgain()
  }

  /** The quote at a place of those on the screen (1 is the best): accepts it when it is armed or no confirmation is asked for, else arms it. */
  async choose(place: number): Promise<void> {
    const quote = this.rfq?.quotes[place - 1]
    if (this.rfq === undefined || !isOpen(this.rfq) || this.busy !== undefined) return
    if (quote === undefined) {
      this.notices = [place === 1 ? 'There is no quote yet.' : `There is no quote number ${place}.`]
    } else if (this.isOneKey || quote.quoteId === this.armedId) await this.accept(quote)
    else {
      this.armedId = quote.quoteId
      this.notices = []
    }
  }

  /** Enter: what is armed, else the best. */
  async confirm(): Promise<void> {
    const at = this.rfq?.quotes.findIndex(({ quoteId }) => quoteId === this.armedId) ?? -1
    await this.choose(at < 0 ? 1 : at + 1)
  }

  async accept({ quoteId }: Pick<RfqQuote, 'quoteId'>): Promise<void> {
    const seen = this.rfq
    if (seen === undefined) return
    const { rfqId, version } = seen
    this.armedId = undefined
    await this.#command(
      'accept',
      `accept|${rfqId}|${quoteId}|${version}`,
      (options) => this.#client.acceptQuote(rfqId, { quoteId, version }, options),
      quoteId,
    )
  }

  async cancel(): Promise<void> {
    const rfq = this.rfq
    if (rfq === undefined || !isOpen(rfq)) return
    await this.#command('cancel', `cancel|${rfq.rfqId}|${rfq.version}`, (options) =>
      this.#client.cancelRfq(rfq.rfqId, options),
    )
  }

  /** One at a time: a second press while the first is on its way does nothing. */
  async #command(
    busy: 'send' | 'accept' | 'cancel',
    name: string,
    call: (options: { readonly idempotencyKey: string }) => Promise<RfqOutcome>,
    quoteId?: string,
  ): Promise<RfqOutcome | undefined> {
    if (this.busy !== undefined) return undefined
    const idempotencyKey = this.#keys.get(name) ?? commandKey()
    const seen = this.rfq
    this.#keys.set(name, idempotencyKey)
    this.busy = busy
    this.notices = []
    try {
      const outcome = await call({ idempotencyKey })
      this.#keys.delete(name)
      if (outcome.current !== undefined) this.#desk.take([outcome.current])
      else if (busy !== 'send')
        this.notices = ['The gateway took it and has not seen the outcome yet; it will show here.']
      return outcome
    } catch (error) {
      this.#refused(error, name, seen, quoteId)
      return undefined
    } finally {
      this.busy = undefined
    }
  }

  #refused(error: unknown, name: string, seen: Rfq | undefined, quoteId?: string): void {
    const problem = error instanceof OrionProblem ? error.problem : undefined
    if (error instanceof OrionProblem) this.#onRefused(error)
    const isUnknown = problem === undefined || problem.status === 0 || problem.status >= 500
    if (!isUnknown) this.#keys.delete(name)
    const current = problem?.current
    if (current !== undefined) this.#desk.take([current])
    const notices = [
      problemText(error),
      ...(seen === undefined || current === undefined ? [] : whatChanged(seen, current, quoteId)),
      ...(isUnknown ? ['Press again: it is sent with the same key and counts once.'] : []),
    ]
    // The refusal is often the reason that the request has now.
    this.notices = [...new Set(notices)]
  }

  #take(rfq: Rfq): void {
    const latest = laterOf(this.rfq, rfq)
    if (latest !== rfq) return
    this.rfq = latest
    this.awaitedId = undefined
    clearTimeout(this.#ask)
    if (this.armedId === undefined) return
    const isThere = rfq.quotes.some(({ quoteId }) => quoteId === this.armedId)
    if (isThere && isOpen(rfq)) return
    this.armedId = undefined
    if (isOpen(rfq)) this.notices = ['Disarmed: the quote is no longer there.']
  }

  /** The journal brings it as a rule; a gateway that is behind is asked. */
  #askAgain(): void {
    const rfqId = this.awaitedId
    if (rfqId === undefined) return
    this.#ask = setTimeout(async () => {
      try {
        this.#desk.take([await this.#client.rfq(rfqId)])
      } catch (error) {
        if (this.awaitedId === rfqId)
          this.notices = [`Waiting to see what became of ${rfqId}: ${problemText(error)}`]
      }
      if (this.awaitedId === rfqId) this.#askAgain()
    }, ASK_MS)
  }

  #forget(): void {
    this.#stopWatching?.()
    this.#stopWatching = undefined
    clearTimeout(this.#ask)
    this.rfq = undefined
    this.awaitedId = undefined
    this.armedId = undefined
    this.notices = []
  }
}

function requestOf(draft: Draft): RfqRequest | { readonly refusal: string } {
  const { instrument, side, expirySeconds, partialAllowed, venueId } = draft
  const size = parseSize(draft.size, instrument.lotSize)
  if ('refusal' in size) return size
  const minSize = draft.minSize === '' ? undefined : parseSize(draft.minSize, instrument.lotSize)
  if (minSize !== undefined && 'refusal' in minSize)
    return { refusal: `Least size: ${minSize.refusal}` }
  return {
    instrumentId: instrument.instrumentId,
    side,
    size: size.size,
    expirySeconds,
    ...(minSize === undefined ? {} : { minSize: minSize.size }),
    ...(partialAllowed ? { partialAllowed } : {}),
    ...(venueId.trim() === '' ? {} : { venueId: venueId.trim() }),
  }
}
