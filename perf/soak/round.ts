import type { Instrument, RfqRequest } from '#gateway/protocol'
import { wallMs } from '../measuring/aligned-clock.ts'
import { cryptoInstruments, logIn } from '../measuring/gateway-client.ts'
import { type OrionProcess, startOrion } from '../measuring/orion-process.ts'
import { type Distribution, distribution } from '../measuring/percentiles.ts'
import { pause } from '../measuring/read-topic.ts'
import { rfqsOfDataDir } from '../rfq/read-data-dir.ts'
import { faultsOf, type RfqOnLog } from '../rfq/verify-rfqs.ts'
import { newTally, type Tally } from './tally.ts'
import { type Gateway, Trader } from './trader.ts'

export interface RoundOptions {
  readonly seed: number
  readonly directory: string
  readonly rfqsPerSecond: number
  readonly seconds: number
  /** On average, from a ready line to the next kill; one in five comes while the platform starts. */
  readonly killEverySeconds: number
  readonly signal: AbortSignal
  readonly onProgress: (message: string) => void
}

export interface RoundResult {
  readonly seed: number
  readonly seconds: number
  readonly kills: number
  /** From a kill to the next ready line, ms. */
  readonly restartMs: readonly number[]
  readonly created: number
  readonly acknowledged: number
  readonly unanswered: number
  readonly rejected: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
  /** What the log says: RFQs by how they ended. */
  readonly ended: Readonly<Record<string, number>>
  readonly trades: number
  /** Quotes that bots sent twice, and that were told apart by their id. */
  readonly repeatedQuotes: number
  readonly createMs: Distribution | undefined
  readonly acceptMs: Distribution | undefined
  readonly faults: readonly string[]
}

/** Entitled to crypto; within the demonstration's limits up to 50 RFQs/s. */
const USERS = ['trader']
/** Longer than a restart takes on a busy machine; what is left to expire does so sooner. */
const EXPIRY_S = 60
const LEFT_EXPIRY_S = 8
const START_SHARE = 0.2
/** A platform that is only just there, and is hit again. */
const START_MS_MIN = 300
const START_MS_MAX = 3_000
/** A create that nobody has answered by then is given up; its RFQ may be on the log all the same. */
const GIVE_UP_MS = 60_000
/** After the last expiry, until everything is quiet. */
const SETTLE_MS = 8_000

/** `orion start` under a steady load of RFQs, killed at moments that the seed decides; then the log is read and compared with what traders know. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { directory, seconds, signal, onProgress, rfqsPerSecond } = options
  const random = seededRandom(options.seed)
  const password = `soak-${process.pid}-password`
  const tally = newTally()
  const gateway: Gateway = { url: undefined }
  const start = async (): Promise<OrionProcess> => {
    const owner = { nodeArguments: [], signal }
    const orion = await startOrion(owner, flagsOf(options), { ORION_DEMO_PASSWORD: password })
    gateway.url = orion.url
    return orion
  }
  let kills = 0
  /** Starts it to be killed before, or just after, it is there. */
  const startInVain = async (afterMs: number): Promise<void> => {
    const blow = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(afterMs))])
    const owner = { nodeArguments: [], signal: blow, killSignal: 'SIGKILL' } as const
    const born = await startOrion(owner, flagsOf(options), { ORION_DEMO_PASSWORD: password }).catch(
      () => undefined,
    )
    await born?.kill()
    kills += 1
  }
  let orion = await start()
  try {
    const token = await logIn(orion.url, 'trader', password)
    const instruments = await cryptoInstruments(orion.url, token)
    const traders = USERS.map((user) => new Trader(user, password, gateway, tally))
    const startMs = wallMs()
    const loading = load({
      options,
      traders,
      instruments,
      random: seededRandom(options.seed + 1),
      startMs,
    })
    const restartMs: number[] = []
    while (kills === 0 || wallMs() < startMs + seconds * 1_000) {
      await pause(options.killEverySeconds * 1_000 * (0.3 + 1.4 * random()))
      gateway.url = undefined
      await orion.kill()
      kills += 1
      const killedMs = wallMs()
      if (random() < START_SHARE)
        await startInVain(START_MS_MIN + (START_MS_MAX - START_MS_MIN) * random())
      orion = await start()
      restartMs.push(Math.round(wallMs() - killedMs))
      onProgress(`${kills} kills: ready again after ${restartMs.at(-1)} ms`)
      signal.throwIfAborted()
    }
    const created = await loading
    const settleMs = Math.max(0, tally.openUntilMs - wallMs()) + SETTLE_MS
    onProgress(
      `${created} RFQs went out; ${Math.round(settleMs / 1_000)} s for the last of them to end`,
    )
    await pause(settleMs)
    gateway.url = undefined
    await orion.close()
    const rfqs = await rfqsOfDataDir(directory)
    return {
      seed: options.seed,
      seconds,
      kills,
      restartMs,
      created,
      acknowledged: tally.acknowledged.size,
      unanswered: tally.unanswered,
      rejected: Object.fromEntries(tally.rejected),
      retries: Object.fromEntries(tally.retries),
      ended: endsOf(rfqs),
      trades: [...rfqs.values()].reduce((sum, { trades }) => sum + trades.length, 0),
      repeatedQuotes: [...rfqs.values()].reduce((sum, { repeated }) => sum + repeated, 0),
      createMs: tally.createMs.length === 0 ? undefined : distribution(tally.createMs),
      acceptMs: tally.acceptMs.length === 0 ? undefined : distribution(tally.acceptMs),
      faults: [
        ...tally.faults,
        ...faultsOf(rfqs),
        ...contradictions(tally, rfqs),
        ...(tally.accepted.size < (rfqsPerSecond * seconds) / 10
          ? [`only ${tally.accepted.size} accepts were answered: there was no load to speak of`]
          : []),
      ],
    }
  } finally {
    await orion.kill()
  }
}

function flagsOf({ directory, seed }: RoundOptions): readonly string[] {
  return [
    ...['--data-dir', directory, '--host', '127.0.0.1', '--log-level', 'error'],
    ...['--port', '0', '--sql-port', '0', '--registry-port', '0'],
    // Much disk, so that nothing is deleted before it is compared; few ticks, since it is about RFQs.
    ...['--disk-max', '40GB', '--rate', '50', '--instruments', '100', '--seed', String(seed)],
  ]
}

interface Load {
  readonly options: RoundOptions
  readonly traders: readonly Trader[]
  readonly instruments: readonly Instrument[]
  readonly random: () => number
  readonly startMs: number
}

/** RFQs go out when they are due, whether or not the platform is there. */
async function load({ options, traders, instruments, random, startMs }: Load): Promise<number> {
  const total = Math.round(options.rfqsPerSecond * options.seconds)
  const under: Promise<void>[] = []
  for (let n = 0; n < total && !options.signal.aborted; n += 1) {
    await pause(Math.max(0, startMs + (n * 1_000) / options.rfqsPerSecond - wallMs()))
    const instrument = instruments[Math.floor(random() * instruments.length)]
    const trader = traders[n % traders.length]
    if (instrument === undefined || trader === undefined) break
    const chance = random()
    const plan = chance < 0.8 ? 'accept' : chance < 0.9 ? 'cancel' : 'leave'
    const request: RfqRequest = {
      instrumentId: instrument.instrumentId,
      side: random() < 0.5 ? 'BUY' : 'SELL',
      size: instrument.lotSize,
      expirySeconds: plan === 'leave' ? LEFT_EXPIRY_S : EXPIRY_S,
    }
    const key = `soak-${options.seed}-${n}`
    under.push(trader.rfq(key, request, plan, wallMs() + GIVE_UP_MS))
  }
  await Promise.all(under)
  return total
}

function endsOf(rfqs: ReadonlyMap<string, RfqOnLog>): Readonly<Record<string, number>> {
  const ended: Record<string, number> = {}
  for (const { ends } of rfqs.values()) {
    const end = ends[0] ?? 'none'
    ended[end] = (ended[end] ?? 0) + 1
  }
  return ended
}

/** Where traders were told something else than the log says. */
export function contradictions(
  tally: Pick<Tally, 'accepted' | 'acceptsSent' | 'acknowledged' | 'cancelled'>,
  rfqs: ReadonlyMap<string, RfqOnLog>,
): string[] {
  const faults: string[] = []
  const of = (rfqId: string): RfqOnLog | undefined => rfqs.get(`demo|${rfqId}`)
  for (const rfqId of tally.acknowledged)
    if (of(rfqId)?.ends.length !== 1)
      faults.push(`${rfqId} was acknowledged and ends ${of(rfqId)?.ends.length ?? 0} times`)
  for (const place of tally.accepted) {
    const [rfqId = '', quoteId = ''] = place.split('|')
    if (of(rfqId)?.trades.includes(quoteId) !== true)
      faults.push(`${rfqId}: the accept of ${quoteId} was confirmed and is no trade`)
  }
  for (const rfqId of tally.cancelled)
    if (of(rfqId)?.ends[0] !== 'RFQCancelled')
      faults.push(`${rfqId} was told to be cancelled and ended as ${of(rfqId)?.ends[0]}`)
  for (const [key, { trades }] of rfqs)
    for (const quoteId of trades)
      if (!tally.acceptsSent.has(`${key.slice(key.indexOf('|') + 1)}|${quoteId}`))
        faults.push(`${key}: ${quoteId} was traded and nobody had accepted it`)
  return faults.slice(0, 20)
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
