import {
  commandKey,
  type Me,
  type OrionClient,
  OrionProblem,
  type Rfq,
  type RfqOutcome,
} from '#sdk'
import { problemText } from '../session/problem-text.ts'
import { type CancelFate, cancelEach, fateWhenSeen, isUnknown, ownOpen } from './cancel-each.ts'
import type { RfqDesk } from './rfq-desk.svelte.ts'

const OPEN_STATES = 'CREATED,SENT,QUOTING'
const ASKED_MAX = 1_000

/** A request that was to be cancelled, as it was seen then. */
interface Cancelled {
  readonly rfq: Rfq
  readonly fate: CancelFate
}

/** All open requests of the user, cancelled with one confirmation. */
export class CancelAll {
  /** Those that can be cancelled now, oldest first. */
  open: readonly Rfq[] = $state.raw([])
  isShown: boolean = $state(false)
  isBusy: boolean = $state(false)
  /** What became of those that were confirmed. */
  results: readonly Cancelled[] = $state.raw([])
  /** What is not known of the list. */
  notice: string = $state('')
  readonly #client: OrionClient
  readonly #desk: RfqDesk
  readonly #user: string
  readonly #openById = new Map<string, Rfq>()
  /** Of cancels that got no answer: sent again they count once. */
  readonly #keys = new Map<string, string>()

  constructor(client: OrionClient, desk: RfqDesk, { user }: Me) {
    this.#client = client
    this.#desk = desk
    this.#user = user
  }

  /** Keeps count; returns how to stop. */
  follow(): () => void {
    return this.#desk.listen((rfqs) => this.#see(rfqs))
  }

  /** Opens the confirmation, with what is known; the gateway is asked for more. */
  show(): void {
    if (this.isShown) return
    this.isShown = true
    if (this.isBusy) return
    this.results = []
    void this.#ask()
  }

  /** What is on its way goes on. */
  close(): void {
    this.isShown = false
  }

  /** Cancels every one that is open. */
  async confirm(): Promise<void> {
    if (this.isBusy || this.open.length === 0) return
    this.isBusy = true
    const rfqs = this.open
    this.results = rfqs.map((rfq) => ({ rfq, fate: { kind: 'waiting' } }))
    await cancelEach(rfqs, {
      cancel: (rfq) => this.#cancel(rfq),
      told: (rfq, fate) => this.#settle(rfq.rfqId, () => fate),
    })
    this.isBusy = false
  }

  async #cancel({ rfqId }: Rfq): Promise<RfqOutcome> {
    const idempotencyKey = this.#keys.get(rfqId) ?? commandKey()
    this.#keys.set(rfqId, idempotencyKey)
    try {
      const outcome = await this.#client.cancelRfq(rfqId, { idempotencyKey })
      this.#keys.delete(rfqId)
      if (outcome.current !== undefined) this.#desk.take([outcome.current])
      return outcome
    } catch (error) {
      if (!isUnknown(error)) this.#keys.delete(rfqId)
      if (error instanceof OrionProblem && error.problem.current !== undefined)
        this.#desk.take([error.problem.current])
      throw error
    }
  }

  async #ask(): Promise<void> {
    this.notice = 'Asking the gateway whether these are all.'
    try {
      const page = await this.#client.rfqs({
        state: OPEN_STATES,
        requester: this.#user,
        limit: ASKED_MAX,
      })
      this.#desk.take(page.items)
      this.notice = ''
    } catch (error) {
      this.notice = `There may be others: ${problemText(error)}`
    }
  }

  #see(rfqs: readonly Rfq[]): void {
    let hasChanged = false
    for (const rfq of rfqs) {
      if (rfq.requester !== this.#user) continue
      hasChanged = true
      if (ownOpen([rfq], this.#user).length > 0) this.#openById.set(rfq.rfqId, rfq)
      else this.#openById.delete(rfq.rfqId)
      this.#settle(rfq.rfqId, ({ fate, rfq: seen }) => fateWhenSeen(fate, seen, rfq))
    }
    if (hasChanged) this.open = ownOpen(this.#openById.values(), this.#user)
  }

  #settle(rfqId: string, next: (result: Cancelled) => CancelFate): void {
    if (!this.results.some(({ rfq }) => rfq.rfqId === rfqId)) return
    this.results = this.results.map((result) =>
      result.rfq.rfqId === rfqId ? { ...result, fate: next(result) } : result,
    )
  }
}
