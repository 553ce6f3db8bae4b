import { type Me, OrionClient, OrionProblem, type Session } from '#sdk'
import { problemText } from './problem-text.ts'

const KEY = 'orion.session.v1'
const RETRY_MS = 2_000

/** Who is at the screen. The session lives in the tab's own storage: it survives a reload and ends with the tab. */
export class UserSession {
  readonly client: OrionClient
  me: Me | undefined = $state.raw()
  /** A kept session is being checked. */
  isRestoring: boolean = $state(false)
  /** Why there is no session, or what the wait is for. */
  notice: string = $state('')
  #isLeaving = false

  constructor() {
    const kept = readKept()
    this.client = new OrionClient({
      ...(kept === undefined ? {} : { session: kept }),
      onSession: (session) => this.#changed(session),
    })
    if (kept !== undefined) {
      this.isRestoring = true
      void this.#restore()
    }
  }

  /** @throws {OrionProblem} */
  async logIn(credentials: {
    readonly tenant: string
    readonly user: string
    readonly password: string
  }): Promise<void> {
    await this.client.login(credentials)
    this.me = await this.client.me()
    this.notice = ''
  }

  async logOut(): Promise<void> {
    this.#isLeaving = true
    try {
      await this.client.logout()
    } catch {
      // It is forgotten here in any case; there it ends by itself.
    } finally {
      this.#isLeaving = false
    }
    this.notice = 'You are logged out.'
  }

  async #restore(): Promise<void> {
    while (this.client.session !== undefined) {
      try {
        this.me = await this.client.me()
        this.notice = ''
        break
      } catch (error) {
        if (error instanceof OrionProblem && error.problem.status === 401) {
          this.client.endSession()
          break
        }
        this.notice = `${problemText(error)} Trying again every ${RETRY_MS / 1_000} s.`
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    this.isRestoring = false
  }

  #changed(session: Session | undefined): void {
    if (session !== undefined) {
      sessionStorage.setItem(KEY, JSON.stringify(session))
      return
    }
    sessionStorage.removeItem(KEY)
    this.me = undefined
    if (!this.#isLeaving) this.notice = 'Your session has ended. Log in again.'
  }
}

function readKept(): Session | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Session | null
    return typeof kept?.refreshToken === 'string' ? kept : undefined
  } catch {
    return undefined
  }
}
