import type { Side } from '#sdk'

/** What the command line asks of the ticket. */
export interface TicketCommand {
  readonly side: Side | undefined
  readonly size: string | undefined
  readonly expirySeconds: number | undefined
}

const VERBS: Readonly<Record<string, Side | undefined>> = {
  buy: 'BUY',
  b: 'BUY',
  sell: 'SELL',
  s: 'SELL',
  rfq: undefined,
  r: undefined,
}
const SIZE = /^\d[\d,]*(\.\d+)?(k|mm?|bn?)?$/i
const EXPIRY = /^(\d{1,4})s$/i

/** `eurusd buy 5m 30s`, `buy 5m eurusd`: the instrument to search for, and what to do with it. */
export function parseTicketCommand(typed: string): {
  readonly search: string
  readonly command: TicketCommand | undefined
} {
  const words = typed.trim().split(/\s+/)
  // In front only whole words: instruments may be called B or S.
  const at = words.findIndex(
    (word, i) => word.toLowerCase() in VERBS && (i > 0 || word.length > 2) && words.length > 1,
  )
  if (at < 0) return { search: typed, command: undefined }
  const after = words.slice(at + 1)
  const size = after.find((word) => SIZE.test(word))
  const expiry = after.find((word) => EXPIRY.test(word))
  const rest = after.filter((word) => word !== size && word !== expiry)
  return {
    search: [...words.slice(0, at), ...rest].join(' '),
    command: {
      side: VERBS[(words[at] ?? '').toLowerCase()],
      size,
      expirySeconds: expiry === undefined ? undefined : Number.parseInt(expiry, 10),
    },
  }
}
