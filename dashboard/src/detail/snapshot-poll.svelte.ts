import { type MarketSnapshot, type OrionClient, OrionProblem } from '#sdk'
import { problemText } from '../session/problem-text.ts'

export const POLL_MS = 2_000

/** The snapshot of one instrument, asked for every two seconds while it is on screen. */
export class SnapshotPoll {
  snapshot: MarketSnapshot | undefined = $state.raw()
  notice: string = $state('')

  /** Returns how to stop. */
  start(client: OrionClient, instrumentId: string): () => void {
    let isStopped = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        const snapshot = await client.snapshot(instrumentId)
        if (isStopped) return
        this.snapshot = snapshot
        this.notice = ''
      } catch (error) {
        if (isStopped) return
        const isThere = !(error instanceof OrionProblem && error.problem.status === 404)
        if (!isThere) this.snapshot = undefined
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
