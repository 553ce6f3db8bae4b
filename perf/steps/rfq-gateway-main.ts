/** A trader at the gateway of a running platform: RFQs over HTTP when they are due, the channel `rfqs`, an accept of the best of five quotes. */
import type { Instrument, Rfq, RfqRequest, ServerMessage } from '#gateway/protocol'
import { wallMs } from '../measuring/aligned-clock.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { cryptoInstruments, logIn } from '../measuring/gateway-client.ts'
import { type Distribution, distribution, histogram } from '../measuring/percentiles.ts'
import { pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface RfqGatewayArgument {
  readonly url: string
  readonly password: string
  readonly rfqsPerSecond: number
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly others: Readonly<Record<string, number>>
}

export interface RfqGatewayResult {
  readonly latencyMs: Readonly<Record<string, Distribution>>
  readonly histogramMs: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly tradedInTime: number
  readonly rfqs: number
  /** Commands whose outcome the gateway did not know after two seconds: answered 202. */
  readonly answeredLate: number
  readonly use: CpuUse
  readonly faults: readonly string[]
}

const QUOTES = 5
const LEAD_MS = 1_000
const EXPIRY_S = 60
const DRAIN_MS_MAX = 60_000

interface Followed {
  readonly dueMs: number
  acceptMs: number
  tradedMs: number
}

const argument = stepArgument<RfqGatewayArgument>()
const { rfqsPerSecond, warmUpSeconds, seconds } = argument
const url = new URL(argument.url)
const token = await logIn(url, 'trader', argument.password)
const instruments = await cryptoInstruments(url, token)
const samples: Record<string, number[]> = {
  createRoundTrip: [],
  acceptRoundTrip: [],
  acceptToTraded: [],
}
const faults: string[] = []
const rfqs = new Map<string, Followed>()
/** The channel may be faster than the answer to the create. */
const early = new Map<string, Rfq>()
let traded = 0
let answeredLate = 0

const socket = new WebSocket(
  new URL(`/stream?access_token=${token}`, url.href.replace('http', 'ws')),
)
await new Promise((resolve, reject) => {
  socket.addEventListener('open', resolve, { once: true })
  socket.addEventListener('error', () => reject(new Error('no WebSocket')), { once: true })
})
socket.addEventListener('message', ({ data }) => {
  const message = JSON.parse(String(data)) as ServerMessage
  if (!('channel' in message) || message.channel !== 'rfqs') return
  for (const rfq of message.data) onRfq(rfq)
})
socket.send(JSON.stringify({ op: 'subscribe', channel: 'rfqs', id: 1 }))

const startMs = wallMs() + LEAD_MS
const fromMs = startMs + warmUpSeconds * 1_000
const toMs = fromMs + seconds * 1_000
const total = Math.round((warmUpSeconds + seconds) * rfqsPerSecond)
const under: Promise<void>[] = []
const meter = new Promise<CpuUse>((resolve) => {
  setTimeout(() => {
    const measuring = new CpuMeter(argument.others)
    setTimeout(() => resolve(measuring.read()), seconds * 1_000)
  }, fromMs - wallMs())
})
for (let n = 0; n < total; n += 1) {
  const dueMs = startMs + (n * 1_000) / rfqsPerSecond
  await pause(Math.max(0, dueMs - wallMs()))
  const instrument = instruments[n % instruments.length]
  if (instrument !== undefined) under.push(create(n, dueMs, instrument))
}
await Promise.all(under)
const deadlineMs = wallMs() + DRAIN_MS_MAX
while (traded < total && wallMs() < deadlineMs) await pause(50)
socket.close()
if (traded < total) faults.push(`${traded} of ${total} RFQs were seen traded`)
const measured = [...rfqs.values()].filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
const steps = Object.entries(samples).filter(([, list]) => list.length > 0)
endStep({
  latencyMs: Object.fromEntries(steps.map(([step, list]) => [step, distribution(list)])),
  histogramMs: Object.fromEntries(steps.map(([step, list]) => [step, histogram(list)])),
  tradedInTime: measured.filter(({ tradedMs }) => tradedMs > 0 && tradedMs < toMs).length,
  rfqs: total,
  answeredLate,
  use: await meter,
  faults: faults.slice(0, 20),
} satisfies RfqGatewayResult)

async function create(n: number, dueMs: number, instrument: Instrument): Promise<void> {
  const body: RfqRequest = {
    instrumentId: instrument.instrumentId,
    side: n % 2 === 0 ? 'BUY' : 'SELL',
    size: instrument.lotSize,
    expirySeconds: EXPIRY_S,
  }
  const answer = await post('/api/v1/rfqs', `bench-${process.pid}-${n}`, body, 201)
  if (answer === undefined) return
  sample('createRoundTrip', dueMs, wallMs() - dueMs)
  const rfqId = 'rfqId' in answer ? answer.rfqId : `R-${answer.commandId.slice(0, 20)}`
  rfqs.set(rfqId, { dueMs, acceptMs: 0, tradedMs: 0 })
  const latest = early.get(rfqId) ?? ('rfqId' in answer ? answer : undefined)
  if (latest !== undefined) onRfq(latest)
  early.delete(rfqId)
}

function onRfq(rfq: Rfq): void {
  const known = rfqs.get(rfq.rfqId)
  if (known === undefined) {
    early.set(rfq.rfqId, rfq)
  } else if (rfq.state === 'TRADED' && known.tradedMs === 0) {
    known.tradedMs = wallMs()
    traded += 1
    sample('acceptToTraded', known.dueMs, known.tradedMs - known.acceptMs)
  } else if (rfq.state === 'QUOTING' && known.acceptMs === 0 && rfq.quotes.length >= QUOTES) {
    known.acceptMs = wallMs()
    under.push(accept(rfq, known))
  }
}

async function accept({ rfqId, quotes, version }: Rfq, known: Followed): Promise<void> {
  const body = { quoteId: quotes[0]?.quoteId, version }
  const path = `/api/v1/rfqs/${rfqId}/accept`
  const answer = await post(path, `bench-${process.pid}-${rfqId}`, body, 200)
  if (answer === undefined) return
  sample('acceptRoundTrip', known.dueMs, wallMs() - known.acceptMs)
  if ('rfqId' in answer) onRfq(answer)
}

async function post(
  path: string,
  key: string,
  body: object,
  expected: number,
): Promise<Rfq | { readonly commandId: string } | undefined> {
  try {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (response.status === expected) return JSON.parse(text) as Rfq
    if (response.status === 202) {
      answeredLate += 1
      return JSON.parse(text) as { readonly commandId: string }
    }
    faults.push(`${path}: ${response.status} ${text.slice(0, 200)}`)
  } catch (error) {
    faults.push(`${path}: ${String(error)}`)
  }
  return undefined
}

function sample(step: string, dueMs: number, elapsedMs: number): void {
  if (dueMs >= fromMs && dueMs < toMs) samples[step]?.push(elapsedMs)
}
