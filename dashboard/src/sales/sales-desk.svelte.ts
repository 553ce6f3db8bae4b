import {
  commandKey,
  type Instrument,
  type Me,
  type OrionClient,
  OrionProblem,
  type Rfq,
} from '#sdk'
import type { RfqDesk } from '../rfq/rfq-desk.svelte.ts'
import { isOpen } from '../rfq/rfq-text.ts'
import { parseSize } from '../rfq/size-text.ts'
import { problemText } from '../session/problem-text.ts'
import { parsePrice } from './quote-price.ts'

const ENDED_MAX = 40

/** A quote as it is typed. */
export interface QuoteDraft {
  readonly price: string
  readonly size: string
  /** Empty: as long as the desk's quotes are good. */
  readonly expirySeconds: string
  /** Empty: the desk that was asked. */
  readonly lpId: string
}

/** Requests that wait for quotes, the one that is worked on, and what became of the quotes sent from here. */
export class SalesDesk {
  /** Open ones first, the newest of them first, then those that ended last. */
  incoming: readonly Rfq[] = $state.raw([])
  selectedId: string | undefined = $state()
  /** Undefined: nothing was typed, the form follows the market. */
  draft: QuoteDraft | undefined = $state.raw()
  isBusy: boolean = $state(false)
  /** What was refused. */
  notice: string = $state('')
  /** The desk that quotes are for when it has to be named: what was chosen last. */
  lpId: string = $state('')
  readonly selected: Rfq | undefined = $derived(
    this.incoming.find(({ rfqId }) => rfqId === this.selectedId),
  )
  readonly openCount: number = $derived(this.incoming.filter(isOpen).length)
  readonly user: string
  readonly #client: OrionClient
  readonly #rfqs: RfqDesk
  readonly #onRefused: (problem: OrionProblem) => void
  readonly #open = new Map<string, Rfq>()
  #ended: readonly Rfq[] = []
  /** A press that got no answer, sent again, has the same key. */
  #pressed: { readonly what: string; readonly key: string } | undefined

  constructor(
    client: OrionClient,
    rfqs: RfqDesk,
    { user }: Me,
    onRefused: (problem: OrionProblem) => void = () => {},
  ) {
    this.#client = client
    this.#rfqs = rfqs
    this.#onRefused = onRefused
    this.user = user
  }

  /** Returns how to stop. */
  follow(): () => void {
    return this.#rfqs.listen((rfqs) => this.#take(rfqs))
  }

  select(rfqId: string | undefined): void {
    if (rfqId === this.selectedId) return
    this.selectedId = rfqId
    this.draft = undefined
    this.notice = ''
  }

  /** By rows of what is shown. */
  move(by: number): void {
    const at = this.incoming.findIndex(({ rfqId }) => rfqId === this.selectedId)
    const to = Math.max(0, Math.min(this.incoming.length - 1, at + by))
    this.select(this.incoming[to]?.rfqId)
  }

  /** True when it was taken. */
  async quote(draft: QuoteDraft, instrument: Instrument): Promise<boolean> {
    const rfq = this.selected
    if (rfq === undefined || this.isBusy) return false
    const quote = quoteOf(draft, instrument)
    if ('refusal' in quote) {
      this.notice = quote.refusal
      return false
    }
    const what = JSON.stringify([rfq.rfqId, quote])
    if (this.#pressed?.what !== what) this.#pressed = { what, key: commandKey() }
    const { key } = this.#pressed
    this.isBusy = true
    this.notice = ''
    try {
      const { current } = await this.#client.quoteRfq(rfq.rfqId, quote, { idempotencyKey: key })
      this.#pressed = undefined
      if (current !== undefined) this.#rfqs.take([current])
      else this.notice = 'The gateway took it and has not seen the outcome yet; it will show here.'
      this.draft = undefined
      return true
    } catch (error) {
      this.#refused(error)
      return false
    } finally {
      this.isBusy = false
    }
  }

  #refused(error: unknown): void {
    this.notice = `Not taken: ${problemText(error)}`
    if (!(error instanceof OrionProblem)) return
    const { status, current } = error.problem
    if (status > 0 && status < 500) this.#pressed = undefined
    else this.notice += ' Press again: it is sent with the same key and counts once.'
    if (current !== undefined) this.#rfqs.take([current])
    this.#onRefused(error)
  }

  #take(rfqs: readonly Rfq[]): void {
    const ended = new Map(this.#ended.map((rfq) => [rfq.rfqId, rfq]))
    for (const rfq of rfqs) {
      if (isOpen(rfq) || rfq.state === 'ACCEPTED') this.#open.set(rfq.rfqId, rfq)
      else {
        this.#open.delete(rfq.rfqId)
        ended.set(rfq.rfqId, rfq)
      }
    }
    const latest = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0)
    this.#ended = [...ended.values()]
      .sort((a, b) => latest(a.updatedAt, b.updatedAt))
      .slice(0, ENDED_MAX)
    const open = [...this.#open.values()].sort((a, b) => latest(a.createdAt, b.createdAt))
    this.incoming = [...open, ...this.#ended]
    if (this.selected === undefined) this.select(this.incoming[0]?.rfqId)
  }
}

type Quote = Parameters<OrionClient['quoteRfq']>[1]

function quoteOf(draft: QuoteDraft, instrument: Instrument): Quote | { readonly refusal: string } {
  const price = parsePrice(draft.price)
  if (price === undefined) return { refusal: `“${draft.price}” is no price.` }
  const size = parseSize(draft.size, instrument.lotSize)
  if ('refusal' in size) return size
  const seconds = draft.expirySeconds.trim()
  if (seconds !== '' && !/^[1-9]\d{0,3}$/.test(seconds))
    return { refusal: 'The quote is good for whole seconds, 1 or more.' }
  return {
    price,
    size: size.size,
    ...(seconds === '' ? {} : { expirySeconds: Number(seconds) }),
    ...(draft.lpId === '' ? {} : { lpId: draft.lpId }),
  }
}
