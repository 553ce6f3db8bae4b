import type { Instrument, OrionClient } from '#sdk'
import { problemText } from '../session/problem-text.ts'

const RETRY_MS = 1_000

/**
 * Loads the instruments, again and again until there are some: a gateway that has just started serves before it knows them. Returns how to
 * stop.
 */
export function loadInstruments(
  client: OrionClient,
  on: {
    readonly loaded: (instruments: readonly Instrument[]) => void
    readonly waiting: (why: string) => void
  },
): () => void {
  let isStopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const load = async () => {
    try {
      const instruments = await client.allInstruments()
      if (isStopped) return
      if (instruments.length > 0) {
        on.loaded(instruments.filter((instrument) => instrument.enabled))
        return
      }
      on.waiting('Waiting for instruments: the gateway has none yet.')
    } catch (error) {
      if (isStopped) return
      on.waiting(`Waiting for instruments: ${problemText(error)}`)
    }
    timer = setTimeout(() => void load(), RETRY_MS)
  }
  void load()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
