import { Command, Option } from 'commander'
import { ReconciliationSchema, reconciliationCsv } from '#gateway'
import type { Break, Reconciliation, Trade } from '#gateway/protocol'
import { StreamsError } from '#streams'
import { sayWrong } from '../fail.ts'
import { issueLocalToken } from '../identity.ts'
import { runningPorts } from '../operator/running-ports.ts'
import { printRows } from '../output.ts'
import { dataDirOption, envOption } from './data-dir.ts'
import { fromZero } from './topics.ts'

interface ReconcileOptions {
  readonly dataDir: string
  readonly env: string
  readonly graceSeconds: number
  readonly json: boolean
  readonly csv: boolean
  readonly user: string
  readonly tenant: string
  readonly url?: string
}

const ANSWER_MS_MAX = 60_000

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      'trades against confirmations against settlements, as a user of the platform sees them: what is not settled yet, and breaks, where they do not agree; fails when there are breaks',
    )
    .option(
      '--grace-seconds <n>',
      'for which a confirmation or a trade may be on its way before it is missed',
      fromZero,
      60,
    )
    .addOption(new Option('--json', 'the report as one JSON object').default(false))
    .addOption(
      new Option('--csv', 'unsettled trades, then breaks, for a spreadsheet')
        .default(false)
        .conflicts('json'),
    )
    .addOption(dataDirOption())
    .addOption(envOption())
    .option('--user <name>', 'whose rights apply', 'compliance')
    .option('--tenant <tenant>', 'tenant of the user', 'demo')
    .option('--url <url>', 'gateway, e.g. http://localhost:8080; the running process when left out')
    .action(async (options: ReconcileOptions) => {
      const report = await reportFor(options)
      if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
      else if (options.csv) process.stdout.write(reconciliationCsv(report))
      else await printReport(report)
      const { length: breaks } = report.breaks
      if (breaks > 0)
        sayWrong(
          `${breaks} ${breaks === 1 ? 'break' : 'breaks'}: the detail says what does not agree; GET /api/v1/audit?correlationId=... tells each story`,
        )
    })
}

async function reportFor(options: ReconcileOptions): Promise<Reconciliation> {
  const { dataDir, env, graceSeconds, tenant, user } = options
  const url = new URL('/api/v1/reports/reconciliation', options.url ?? (await runningUrl(dataDir)))
  url.searchParams.set('graceSeconds', String(graceSeconds))
  const token = await issueLocalToken({ dataDir, env, user, tenant })
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  }).catch((cause: unknown) => {
    throw new StreamsError(
      'RECONCILE_NO_ANSWER',
      `nothing answers at ${url.origin}`,
      {},
      'See whether a gateway runs there, and give its --url',
      cause,
    )
  })
  const answer: unknown = await response.json().catch(() => undefined)
  const report = ReconciliationSchema.safeParse(answer)
  if (response.ok && report.success) return report.data
  const detail = detailOf(answer)
  if (response.ok || detail === undefined)
    throw new StreamsError(
      'RECONCILE_NO_ANSWER',
      `what answers at ${url.origin} (status ${response.status}) is no gateway of this version`,
      {},
      'See what runs there, and give the --url of a gateway',
    )
  throw new StreamsError(
    'RECONCILE_REFUSED',
    `the gateway answered ${response.status}: ${detail.replace(/\.$/, '')}`,
    {},
    'Choose --user, --tenant and --grace-seconds so that the gateway answers',
  )
}

/** Of a problem (RFC 9457). */
function detailOf(answer: unknown): string | undefined {
  const isProblem = typeof answer === 'object' && answer !== null && 'detail' in answer
  return isProblem && typeof answer.detail === 'string' ? answer.detail : undefined
}

async function runningUrl(dataDir: string): Promise<string> {
  const { gateway } = await runningPorts(
    dataDir,
    'RECONCILE_NOT_RUNNING',
    'Run orion start, or give --url of a gateway',
  )
  if (gateway > 0) return `http://127.0.0.1:${gateway}/`
  throw new StreamsError(
    'RECONCILE_NO_GATEWAY',
    'the running process has no gateway: it has another role',
    {},
    'Give --url of the gateway',
  )
}

/** What is open, then what does not agree, then both in figures. */
async function printReport(report: Reconciliation): Promise<void> {
  const { asOf, breaks, completeAfter, trades, unsettled } = report
  await printRows([...unsettled.map(unsettledRow), ...breaks.map(breakRow)], false)
  const known =
    completeAfter === null ? '' : `; of those executed until ${completeAfter} not all are kept`
  process.stdout.write(
    `as of ${asOf}: ${trades} trades, ${unsettled.length} not settled, ${breaks.length} breaks${known}\n`,
  )
}

function unsettledRow(trade: Trade) {
  const { settlement, settlementDate } = trade
  const state = settlement?.state ?? (trade.confirmationId === null ? 'UNCONFIRMED' : 'CONFIRMED')
  const due = settlementDate === null ? '' : `, due ${settlementDate}`
  const why = settlement?.reason == null ? '' : `: ${settlement.reason}`
  const tried = settlement?.attempt ? `, attempts ${settlement.attempt}` : ''
  const detail = `${state}${due}${tried}${why}`
  return { entry: 'UNSETTLED', ...termsOf(trade, trade.notional), detail }
}

function breakRow(found: Break) {
  return { entry: found.kind, ...termsOf(found, found.amount), detail: found.detail }
}

function termsOf(
  of: Pick<Trade, 'tradeId' | 'instrumentId' | 'currency' | 'buyer' | 'seller' | 'executedAt'>,
  amount: string,
) {
  const { buyer, currency, executedAt, instrumentId, seller, tradeId } = of
  const terms = { trade: tradeId, instrument: instrumentId, amount: `${amount} ${currency}` }
  return { ...terms, buyer, seller, executed: executedAt }
}
