import type { Instrument, Page, Session } from '#gateway/protocol'
import { pause } from './read-topic.ts'

const WAITS_MAX = 30
/** Prices come in the first seconds; without one an RFQ is refused. */
const WAITS_MIN = 3

export async function logIn(url: URL, user: string, password: string): Promise<string> {
  const response = await fetch(new URL('/api/v1/login', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: 'demo', user, password }),
  })
  if (!response.ok) throw new Error(`log-in of ${user} was answered ${response.status}`)
  return ((await response.json()) as Session).accessToken
}

/** What is open on Sundays, too, once there are prices. */
export async function cryptoInstruments(url: URL, token: string): Promise<readonly Instrument[]> {
  const headers = { authorization: `Bearer ${token}` }
  for (let waits = 0; waits < WAITS_MAX; waits += 1) {
    const response = await fetch(new URL('/api/v1/instruments?limit=1000', url), { headers })
    const { items } = (await response.json()) as Page<Instrument>
    const crypto = items.filter(({ assetClass }) => assetClass === 'CRYPTO')
    if (crypto.length > 0 && waits >= WAITS_MIN) return crypto
    await pause(1_000)
  }
  throw new Error('there are no crypto instruments')
}

/** All that the user may see, page by page. */
export async function allInstruments(url: URL, token: string): Promise<readonly Instrument[]> {
  const all: Instrument[] = []
  let cursor: string | null = null
  do {
    const at = new URL('/api/v1/instruments?limit=1000', url)
    if (cursor !== null) at.searchParams.set('cursor', cursor)
    const response = await fetch(at, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`the list of instruments was answered ${response.status}`)
    const page = (await response.json()) as Page<Instrument>
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}
