import { commandKey, type KillSwitch, type Me, type OrionClient, OrionProblem } from '#sdk'
import { problemText } from '../session/problem-text.ts'

const POLL_MS = 10_000

/** Whether trading is stopped: asked now and then, and at once when a notice or a refusal says so. */
export class TradingHalt {
  state: KillSwitch | undefined = $state.raw()
  /** What went wrong with the last change. */
  notice: string = $state('')
  isBusy: boolean = $state(false)
  /** Of the tenant's own switch. */
  readonly maySet: boolean
  readonly tenant: string
  readonly #client: OrionClient
  /** A press that got no answer, sent again, has the same key. */
  #pressed: { readonly what: string; readonly key: string } | undefined

  constructor(client: OrionClient, { roles, tenant }: Me) {
    this.#client = client
    this.tenant = tenant
    this.maySet = roles.includes('RISK') || roles.includes('ADMIN')
  }

  /** Returns how to stop. */
  follow(): () => void {
    void this.refresh()
    const timer = setInterval(() => void this.refresh(), POLL_MS)
    return () => clearInterval(timer)
  }

  async refresh(): Promise<void> {
    try {
      this.state = await this.#client.killSwitch()
    } catch {
      // The connection says what is wrong; what was known stands until then.
    }
  }

  /** True when it was done. */
  async set(verb: 'enable' | 'disable', reason: string): Promise<boolean> {
    if (this.isBusy) return false
    const what = `${verb}|${reason}`
    if (this.#pressed?.what !== what) this.#pressed = { what, key: commandKey() }
    this.isBusy = true
    this.notice = ''
    try {
      await this.#client.setKillSwitch(verb, reason, { idempotencyKey: this.#pressed.key })
      this.#pressed = undefined
      await this.refresh()
      return true
    } catch (error) {
      const status = error instanceof OrionProblem ? error.problem.status : 0
      if (status > 0 && status < 500) this.#pressed = undefined
      this.notice = problemText(error)
      return false
    } finally {
      this.isBusy = false
    }
  }
}
