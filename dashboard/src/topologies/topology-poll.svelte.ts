import type { OrionClient, TopologyStatus, TopologySummary } from '#sdk'
import { problemText } from '../session/problem-text.ts'
import { type EarlierTasks, earlierTasks } from './topology-figures.ts'

const POLL_MS = 1_000

/** The list of topologies and the selected one, asked for once a second while they are on screen. */
export class TopologyPoll {
  list: readonly TopologySummary[] = $state.raw([])
  status: TopologyStatus | undefined = $state.raw()
  /** The reports before those in `status`: rates are differences. */
  before: EarlierTasks = $state.raw(new Map())
  /** Why there is nothing new, in words. */
  notice: string = $state('Asking the gateway.')
  selected: string | undefined = $state()

  /** Returns how to stop. */
  start(client: OrionClient): () => void {
    let isStopped = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        const list = await client.topologies()
        if (isStopped) return
        this.list = list
        this.selected ??= list[0]?.topology
        const wanted = this.selected
        const status = wanted === undefined ? undefined : await client.topology(wanted)
        if (isStopped) return
        this.notice = list.length === 0 ? NOTHING_HERE : ''
        if (status !== undefined && wanted === this.selected) this.#take(status)
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

  select(topology: string): void {
    if (topology === this.selected) return
    this.selected = topology
    this.status = undefined
    this.before = new Map()
  }

  #take(status: TopologyStatus): void {
    this.before = earlierTasks(status, this.status, this.before)
    this.status = status
  }
}

const NOTHING_HERE =
  'No process has reported a topology within the last minute. Start one with --role streams (or all) on the same brokers.'
