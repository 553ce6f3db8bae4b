import type { LpMetrics, OrionClient } from '#sdk'
import { problemText } from '../session/problem-text.ts'

const POLL_MS = 3_000

/** Figures of liquidity providers, asked for while they are on the screen. */
export class LpPoll {
  items: readonly LpMetrics[] = $state.raw([])
  /** When they were had, by this machine's clock; 0 before the first. */
  askedAtMs: number = $state(0)
  notice: string = $state('')

  /** Returns how to stop. */
  start(client: OrionClient): () => void {
    let isStopped = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        const items = await client.lpMetrics()
        if (isStopped) return
        this.items = [...items].sort((a, b) => (a.lpId < b.lpId ? -1 : 1))
        this.askedAtMs = client.nowMs()
        this.notice = ''
      } catch (error) {
        if (isStopped) return
        this.notice = problemText(error)
      }
      timer = setTimeout(() => void ask(), POLL_MS)
    }
    void ask()
    return () => {
      isStopped = true
      clearTimeout(timer)
    }
  }
}
