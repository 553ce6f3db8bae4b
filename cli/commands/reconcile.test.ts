import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Break, Reconciliation, Trade } from '#gateway/protocol'
import { orionProgram } from '../program.ts'

vi.setConfig({ testTimeout: 30_000 })

const TERMS = {
  tradeId: 'T-1',
  instrumentId: 'EURUSD.SIM',
  quantity: '1000000',
  currency: 'USD',
  buyer: 'macro',
  seller: 'LP1',
  executedAt: '2026-11-20T12:00:00.000Z',
  correlationId: 'chain-1',
}
const UNSETTLED: Trade = {
  ...TERMS,
  rfqId: 'R-1',
  quoteId: 'Q-1',
  assetClass: 'FX',
  side: 'BUY',
  price: '1.1002',
  notional: '1100200',
  lpId: 'LP1',
  venueId: 'SIM',
  requester: 'trader',
  desk: 'macro',
  tradeDate: '2026-11-20',
  confirmationId: 'C-1',
  settlementDate: '2026-11-24',
  settlement: {
    state: 'RETRYING',
    attempt: 2,
    reason: 'the buyer could not pay',
    nextAttemptAt: null,
    settledAt: null,
  },
}
const BREAK: Break = {
  ...TERMS,
  kind: 'NOT_CONFIRMED',
  tradeId: 'T-2',
  confirmationId: null,
  amount: '500',
  detail: 'There is a trade, and no confirmation.',
}
const CLEAN: Reconciliation = {
  asOf: '2026-11-20T12:05:00.000Z',
  trades: 7,
  completeAfter: null,
  unsettled: [UNSETTLED],
  breaks: [],
}

let report: Reconciliation
let refusal: { readonly status: number; readonly detail: string } | undefined
let asked: { readonly url: string | undefined; readonly authorization: string | undefined }
/** What something else than a gateway says. */
let other: string | undefined
let gateway: Server
let dataDir: string

interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** The command in this process. @throws what it would end with */
async function reconcile(...args: readonly string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    }),
  )
  const { port } = gateway.address() as AddressInfo
  const place = ['--data-dir', dataDir, '--url', `http://127.0.0.1:${port}`]
  try {
    await orionProgram({}).parseAsync(['reconcile', ...place, ...args], { from: 'user' })
    return { ...said, status: Number(process.exitCode ?? 0) }
  } finally {
    process.exitCode = undefined
    for (const spy of spies) spy.mockRestore()
  }
}

async function succeed(...args: readonly string[]): Promise<string> {
  const { status, stderr, stdout } = await reconcile(...args)
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-reconcile-'))
  gateway = createServer((request, response) => {
    asked = { url: request.url, authorization: request.headers.authorization }
    response.statusCode = refusal?.status ?? 200
    response.end(other ?? JSON.stringify(refusal ?? report))
  })
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
})
afterAll(() => {
  gateway.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('without breaks it succeeds; the table says what is open, and the last line how much', async () => {
  report = CLEAN
  const [header, row, ...rest] = (await succeed('--grace-seconds', '5')).split('\n')
  expect(asked.url).toBe('/api/v1/reports/reconciliation?graceSeconds=5')
  expect(header).toMatch(/^entry +trade +instrument +amount +buyer +seller +executed +detail$/)
  expect(row?.split(/ {2,}/)).toEqual([
    'UNSETTLED',
    'T-1',
    'EURUSD.SIM',
    '1100200 USD',
    'macro',
    'LP1',
    '2026-11-20T12:00:00.000Z',
    'RETRYING, due 2026-11-24, attempts 2: the buyer could not pay',
  ])
  expect(rest).toEqual(['as of 2026-11-20T12:05:00.000Z: 7 trades, 1 not settled, 0 breaks', ''])
})

test('the report as JSON and as a file, under a token of the user that is asked for', async () => {
  report = CLEAN
  expect(JSON.parse(await succeed('--json', '--user', 'risk'))).toEqual(CLEAN)
  expect(asked.url).toBe('/api/v1/reports/reconciliation?graceSeconds=60')
  const [, claims = ''] = asked.authorization?.replace(/^Bearer /, '').split('.') ?? []
  expect(Buffer.from(claims, 'base64url').toString()).toContain('risk')
  const [header, line] = (await succeed('--csv')).split('\r\n')
  expect(header).toMatch(/^entry,trade_id,/)
  expect(line).toMatch(
    /^UNSETTLED,T-1,C-1,EURUSD\.SIM,.*,RETRYING,2,the buyer could not pay,chain-1$/,
  )
})

test.each([[], ['--json'], ['--csv']])(
  'with breaks it fails, after the report: %j',
  async (...how) => {
    report = { ...CLEAN, completeAfter: '2026-11-01T00:00:00.000Z', breaks: [BREAK] }
    const { status, stderr, stdout } = await reconcile(...how)
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^orion: 1 break: .*correlationId/)])
    expect(stdout).toContain('NOT_CONFIRMED')
    expect(stdout).toContain('There is a trade, and no confirmation.')
    if (how.length === 0)
      expect(stdout).toMatch(/1 breaks; of those executed until 2026-11-01T00:00:00\.000Z not all/)
  },
)

test('what cannot be asked is refused with a remedy', async () => {
  await expect(reconcile('--user', 'nobody')).rejects.toThrow(/IDENTITY_UNKNOWN_USER/)
  await expect(reconcile('--url', 'http://127.0.0.1:1')).rejects.toThrow(
    /RECONCILE_NO_ANSWER: .*127\.0\.0\.1:1.*--url/,
  )
  refusal = { status: 403, detail: 'You may not see this.' }
  await expect(reconcile()).rejects.toThrow(/RECONCILE_REFUSED: .*403: You may not see this\. /)
})

test.each([
  [404, 'Code: 404. DB::Exception'],
  [502, '<html></html>'],
  [200, '{"asOf":"2026-11-20T12:05:00.000Z"}'],
])('what is no gateway is told so, whatever it says: %i %s', async (status, text) => {
  refusal = { status, detail: '' }
  other = text
  await expect(reconcile()).rejects.toThrow(/RECONCILE_NO_ANSWER: .*no gateway.*--url/)
})
