import type { ConnectionState } from '#sdk'
import { ageText } from '../format/age-text.ts'

/** The connection in words, and how old what is on the screen is. */
export function connectionText(connection: {
  readonly state: ConnectionState
  readonly detail: string
  readonly nowMs: number
  readonly lostAtMs: number | undefined
  /** Of the latest price, by the same clock as `serverNowMs`; 0 when there was none. */
  readonly publishedAtMs: number
  readonly serverNowMs: number
}): { readonly label: string; readonly reason: string; readonly age: string } {
  const { state, detail, nowMs, lostAtMs, publishedAtMs, serverNowMs } = connection
  const age =
    publishedAtMs === 0 ? 'no prices yet' : `data ${ageText(serverNowMs - publishedAtMs)} old`
  switch (state) {
    case 'open':
      return { label: 'Live', reason: '', age }
    case 'connecting': {
      const isFirst = publishedAtMs === 0 && detail === 'connecting'
      const since = lostAtMs === undefined ? '' : `, ${ageText(nowMs - lostAtMs)}`
      return isFirst
        ? { label: 'Connecting', reason: '', age }
        : { label: 'Reconnecting', reason: `${detail}${since}`, age }
    }
    case 'closed':
      return { label: 'Disconnected', reason: detail, age }
  }
}
