/** Holds all client connections of a fan-out, and measures phases with and without a slow client beside them. */
import type { ServerMessage } from '#gateway/protocol'
import { wallMs } from '../measuring/aligned-clock.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { type Distribution, distribution, histogram } from '../measuring/percentiles.ts'
import { pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'
import { SlowSubscriber, Subscriber } from '../subscribers/subscriber.ts'

export interface SubscribersArgument {
  readonly port: number
  /** Connections are spread over them. */
  readonly tokens: readonly string[]
  readonly instrumentIds: readonly string[]
  readonly subscribers: number
  readonly instrumentsPerSubscriber: number
  /** Clients that parse everything; latencies are theirs. */
  readonly samples: number
  readonly connectionsPerSecond: number
  readonly warmUpSeconds: number
  /** Of each phase. */
  readonly seconds: number
  /** Whether the slow client is there, phase by phase. */
  readonly phases: readonly boolean[]
  readonly slowBytesPerSecond: number
  readonly others: Readonly<Record<string, number>>
}

export interface Phase {
  readonly slowClient: boolean
  /** Event time of the tick to the parsed message. */
  readonly tickToClientMs: Distribution
  readonly tickToClientHistogramMs: Readonly<Record<string, number>>
  /** Arrival at the gateway to the parsed message: coalescing, writing, reading. */
  readonly gatewayToClientMs: Distribution
  readonly framesPerSecond: number
  readonly megabytesPerSecond: number
  /** Of the slowest and the fastest client. */
  readonly framesPerClient: readonly [min: number, max: number]
  readonly use: CpuUse
  readonly slowClientClosed: boolean
}

export interface SubscribersResult {
  readonly connectSeconds: number
  readonly phases: readonly Phase[]
  readonly faults: readonly string[]
}

const CONNECTING_MAX = 25
const SETTLE_MS = 5_000

const argument = stepArgument<SubscribersArgument>()
const { instrumentIds, samples, subscribers: count, tokens } = argument

let tickToClient: number[] = []
let gatewayToClient: number[] = []
const seen = new Map<Subscriber, Map<string, number>>()
const faults: string[] = []

function onMessage(subscriber: Subscriber, message: ServerMessage): void {
  if (!('channel' in message) || message.channel !== 'market') return
  const nowMs = wallMs()
  let sequences = seen.get(subscriber)
  if (sequences === undefined) {
    sequences = new Map()
    seen.set(subscriber, sequences)
  }
  for (const { instrumentId, eventTimeMs, publishedAtMs, sequence } of message.data) {
    const before = sequences.get(instrumentId) ?? 0
    if (sequence < before && faults.length < 10)
      faults.push(`${instrumentId} went back from ${before} to ${sequence}`)
    sequences.set(instrumentId, sequence)
    // A snapshot, or a stale flag that changed, tells of a tick of long ago.
    if (message.type === 'snapshot' || sequence === before) continue
    tickToClient.push(nowMs - eventTimeMs)
    gatewayToClient.push(nowMs - publishedAtMs)
  }
}

const startMs = performance.now()
const clients: Subscriber[] = []
const step = Math.max(1, Math.floor(count / samples))
for (let first = 0; first < count; first += CONNECTING_MAX) {
  const opening: Promise<Subscriber>[] = []
  for (let index = first; index < Math.min(count, first + CONNECTING_MAX); index += 1) {
    opening.push(
      Subscriber.open({
        port: argument.port,
        token: tokens[index % tokens.length] ?? '',
        instrumentIds: listOf(index),
        sample: index % step === 0 && index / step < samples,
        onMessage,
      }),
    )
  }
  clients.push(...(await Promise.all(opening)))
  await pause(
    (clients.length / argument.connectionsPerSecond) * 1_000 - (performance.now() - startMs),
  )
}
const connectSeconds = (performance.now() - startMs) / 1_000
process.stderr.write(`fan-out: ${clients.length} subscribed in ${connectSeconds.toFixed(1)} s\n`)
await pause(argument.warmUpSeconds * 1_000)

const phases: Phase[] = []
for (const slowClient of argument.phases) phases.push(await phase(slowClient))
for (const [index, client] of clients.entries()) {
  if (client.closed) client.faults.push('ended')
  for (const fault of client.faults) if (faults.length < 10) faults.push(`client ${index} ${fault}`)
}
for (const [client, sequences] of seen) {
  const missing = client.instrumentIds.filter((id) => !sequences.has(id))
  if (missing.length > 0 && faults.length < 10)
    faults.push(`no price of ${missing.slice(0, 3).join(', ')} ever came`)
}
if (seen.size < Math.min(samples, count)) faults.push(`only ${seen.size} samples got anything`)
for (const client of clients) client.end()
endStep({ connectSeconds, phases, faults } satisfies SubscribersResult)

async function phase(slowClient: boolean): Promise<Phase> {
  const slow = slowClient
    ? new SlowSubscriber(
        { port: argument.port, token: tokens[0] ?? '', instrumentIds },
        argument.slowBytesPerSecond,
      )
    : undefined
  // Long enough for its buffers to fill, or for those of the one before to be gone.
  await pause(SETTLE_MS)
  tickToClient = []
  gatewayToClient = []
  const before = clients.map(({ frames, bytes }) => ({ frames, bytes }))
  const meter = new CpuMeter(argument.others)
  await pause(argument.seconds * 1_000)
  const use = meter.read()
  const frames = clients.map((client, index) => client.frames - (before[index]?.frames ?? 0))
  const bytes = clients.reduce(
    (sum, client, index) => sum + client.bytes - (before[index]?.bytes ?? 0),
    0,
  )
  const result: Phase = {
    slowClient,
    tickToClientMs: distribution(tickToClient),
    tickToClientHistogramMs: histogram(tickToClient),
    gatewayToClientMs: distribution(gatewayToClient),
    framesPerSecond: Math.round(frames.reduce((sum, some) => sum + some, 0) / use.seconds),
    megabytesPerSecond: Math.round(bytes / use.seconds / 1e4) / 100,
    framesPerClient: [Math.min(...frames), Math.max(...frames)],
    use,
    slowClientClosed: slow?.closed ?? false,
  }
  slow?.end()
  process.stderr.write(
    `fan-out: ${slowClient ? 'with' : 'without'} the slow client: p99 ${result.tickToClientMs.p99.toFixed(0)} ms\n`,
  )
  return result
}

/** A watchlist of its own for each: a stretch of the list that begins elsewhere for each, so that few frames are alike. */
function listOf(index: number): readonly string[] {
  const length = Math.min(argument.instrumentsPerSubscriber, instrumentIds.length)
  const from = (index * 7) % instrumentIds.length
  return Array.from(
    { length },
    (_, at) => instrumentIds[(from + at) % instrumentIds.length] as string,
  )
}
