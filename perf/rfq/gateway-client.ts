import type { Instrument, Page, Session } from '#gateway/protocol'
import { pause } from '../measuring/read-topic.ts'

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
