import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '#streams'
import { dashboardDirectory } from '../cli/start/dashboard-build.ts'
import type { RfqQuote } from '../gateway/protocol.ts'
import { rfq, rfqQuote } from '../sdk/fixtures/rfqs.ts'
import { FakeDesk } from './fixtures/fake-desk.ts'
import {
  faintTexts,
  findChromium,
  launchChromium,
  logIn,
  unnamedControls,
} from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const NAME = IS_MISSING
  ? 'RFQ ticket and blotter (skipped: no Chromium; set ORION_CHROMIUM)'
  : 'RFQ ticket and blotter'

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const quotes = (): readonly RfqQuote[] => [
  rfqQuote('Q-1', { receivedAt: inMs(0), expiresAt: inMs(25_000) }),
  rfqQuote('Q-2', {
    lpId: 'LP-BETA',
    rank: 2,
    price: '1.08551',
    receivedAt: inMs(0),
    expiresAt: inMs(25_000),
  }),
]

describe.skipIf(IS_MISSING)(NAME, () => {
  let browser: Browser
  let directory: string
  let desk: FakeDesk
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchChromium()
    const built = await dashboardDirectory(silentLogger)
    if (built === undefined) throw new Error('the dashboard was not built')
    directory = built
  })

  beforeEach(async () => {
    desk = await FakeDesk.open(directory)
    context = await browser.newContext({ viewport: { width: 1600, height: 950 } })
    page = await context.newPage()
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(desk.gateway.base)
    await logIn(page, { user: 'trader', password: 'any' })
    await page.getByRole('grid', { name: /Market watch/ }).waitFor()
  })

  afterEach(async () => {
    await context.close()
    await desk.gateway.close()
    expect(complaints).toEqual([])
  })

  afterAll(() => browser.close())

  const ticket = () => page.getByRole('region', { name: 'RFQ ticket' })
  const posts = (path: RegExp) =>
    desk.gateway.requests.filter((one) => one.method === 'POST' && path.test(one.path))

  async function sendRfq(): Promise<string> {
    await page.keyboard.press('b')
    await page.keyboard.type('5m')
    await page.keyboard.press('Enter')
    await ticket().getByText('SENT', { exact: true }).waitFor()
    return [...desk.rfqs.keys()].at(-1) ?? ''
  }

  async function quoted(): Promise<string> {
    const rfqId = await sendRfq()
    desk.put(rfqId, { state: 'QUOTING', version: 3, quotes: quotes() })
    await ticket().getByText('★ BEST').waitFor()
    return rfqId
  }

  test('from the key to the trade without a mouse: a request, ranked quotes, armed, accepted, traded', async () => {
    const rfqId = await quoted()
    expect(posts(/^\/rfqs$/)[0]?.body).toEqual({
      instrumentId: 'EURUSD.SIM',
      side: 'BUY',
      size: '5000000',
      expirySeconds: 30,
    })
    const cards = ticket().getByRole('list', { name: 'Quotes, best first' }).getByRole('listitem')
    expect(await cards.allInnerTexts()).toEqual([
      expect.stringMatching(/LP-ALPHA[\s\S]*1\.08\s*54\s*2[\s\S]*BEST[\s\S]*0\.40 bps/),
      expect.stringMatching(/LP-BETA[\s\S]*1\.08\s*55\s*1/),
    ])

    await page.keyboard.press('2')
    await ticket().getByText('● ARMED').waitFor()
    expect(posts(/accept/)).toEqual([])
    expect(await faintTexts(page)).toEqual([])
    await page.keyboard.press('Escape')
    await ticket().getByText('● ARMED').waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await ticket().getByText('ACCEPTED', { exact: true }).waitFor()
    expect(posts(/accept/).map((one) => one.body)).toEqual([{ quoteId: 'Q-1', version: 3 }])

    desk.put(rfqId, { state: 'TRADED', version: 5, tradeId: 'T-1' })
    await ticket().getByText('Bought 5,000,000 EURUSD.SIM at 1.08542 from LP-ALPHA.').waitFor()
    await page.keyboard.press('t')
    expect(await faintTexts(page)).toEqual([])
    expect(await unnamedControls(page)).toEqual([])
  })

  test('a press that got no answer is sent again with the same key; another request has another', async () => {
    let isDown = true
    desk.onCommand = ({ path }) =>
      path === '/rfqs' && isDown
        ? { status: 503, body: { status: 503, title: 'Away', detail: 'The log is away.' } }
        : undefined
    await page.keyboard.press('s')
    await page.keyboard.type('1m')
    await page.keyboard.press('Enter')
    await ticket().getByText('same key and counts once').waitFor()
    isDown = false
    await page.keyboard.press('Enter')
    await ticket().getByText('SENT', { exact: true }).waitFor()
    await page.keyboard.press('x')
    await ticket().getByText('Cancelled.').waitFor()
    await page.keyboard.press('Enter')
    await ticket().getByLabel(/^Size/).waitFor()
    await page.keyboard.press('Enter')
    await ticket().getByText('SENT', { exact: true }).waitFor()
    const keys = posts(/^\/rfqs$/).map((one) => one.headers['idempotency-key'])
    expect(keys.length).toBe(3)
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).not.toBe(keys[1])
  })

  test('a conflict says what changed, and shows the request as it is', async () => {
    const rfqId = await quoted()
    desk.onCommand = ({ path }) => {
      if (!path.endsWith('/accept')) return undefined
      const known = desk.rfqs.get(rfqId)
      const reason = { code: 'RFQ_EXPIRED', text: 'It has expired.' }
      const current = { ...known, state: 'EXPIRED', version: 4, quotes: [], reason }
      const problem = { type: 'x', title: 'Conflict', status: 409, detail: reason.text }
      return { status: 409, body: { ...problem, current } }
    }
    await page.keyboard.press('1')
    await page.keyboard.press('1')
    await ticket().getByText('It is EXPIRED now; you saw QUOTING.').waitFor()
    await ticket().getByText('Expired: It has expired.').waitFor()
    expect(await ticket().getByRole('alert').allInnerTexts()).toEqual([
      'It has expired.',
      'It is EXPIRED now; you saw QUOTING.',
    ])
  })

  test('without a confirmation one key accepts; the choice is seen and kept', async () => {
    await quoted()
    await ticket()
      .getByLabel(/Accept with one key/)
      .check()
    await ticket().getByText('ONE KEY ACCEPTS').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('r')
    await page.keyboard.press('2')
    await ticket().getByText('ACCEPTED', { exact: true }).waitFor()
    expect(posts(/accept/).map((one) => one.body)).toEqual([{ quoteId: 'Q-2', version: 3 }])
    await page.reload()
    await page.getByRole('grid', { name: /Market watch/ }).waitFor()
    await page.keyboard.press('b')
    await ticket().getByText('ONE KEY ACCEPTS').waitFor()
  })

  test('an armed quote that goes is disarmed, and a last look that ends against it is said', async () => {
    const rfqId = await quoted()
    await page.keyboard.press('1')
    await ticket().getByText('● ARMED').waitFor()
    desk.put(rfqId, {
      quotes: quotes()
        .slice(1)
        .map((one) => ({ ...one, rank: 1 })),
    })
    await ticket().getByText('Disarmed: the quote is no longer there.').waitFor()
    const reason = { code: 'LAST_LOOK', text: 'the market moved by 3 bps within the last look' }
    desk.put(rfqId, { version: 5, reason })
    await ticket().getByText('Refused: the market moved by 3 bps').waitFor()
  })

  test('the command line opens a ticket with all terms; sizes off the lot grid are refused there', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('usdjpy sell 2.5m 60s')
    await page.keyboard.press('Enter')
    await ticket().getByText('2,500,000').waitFor()
    expect(await ticket().getByLabel('SELL').isChecked()).toBe(true)
    await page.keyboard.press('Control+A')
    await page.keyboard.type('1500')
    await ticket().getByText('whole lots of 1,000: 1,000 or 2,000').waitFor()
    await page.keyboard.press('Enter')
    expect(posts(/^\/rfqs$/)).toEqual([])
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('2m')
    await page.keyboard.press('Enter')
    await ticket().getByText('SENT', { exact: true }).waitFor()
    expect(posts(/^\/rfqs$/)[0]?.body).toMatchObject({ side: 'SELL', expirySeconds: 60 })
  })

  test('the blotter shows live states by tab, expands quotes, exports, and opens the chain of events', async () => {
    desk.put('R-1', { state: 'QUOTING', version: 3, quotes: quotes() })
    desk.put('R-2', { state: 'REJECTED', reason: { code: 'NO_LP', text: '=nobody quotes it' } })
    desk.chain.push({
      eventId: 'e1',
      eventType: 'RFQCreated',
      occurredAt: inMs(0),
      producer: 'rfq',
      causationId: null,
      correlationId: 'C-R-1',
      entityType: 'Rfq',
      entityId: 'R-1',
      entitySequence: 1,
      topic: 'dev.rfq.lifecycle',
      partition: 3,
      offset: 17,
      payload: { side: 'BUY' },
    })
    await page.keyboard.press('g')
    const table = page.getByRole('grid', { name: 'requests' })
    await table.getByText('R-1', { exact: true }).waitFor()
    expect(await table.getByText('R-2', { exact: true }).count()).toBe(0)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await table.getByRole('region', { name: 'Quotes of R-1' }).getByText('LP-BETA').waitFor()

    await page.keyboard.press('i')
    const chain = page.getByRole('complementary', { name: 'Chain of events' })
    await chain.getByText('dev.rfq.lifecycle-3-17').waitFor()
    await page.keyboard.press('Escape')
    await chain.waitFor({ state: 'detached' })

    desk.put('R-1', { state: 'TRADED', version: 5, acceptedQuoteId: 'Q-1', tradeId: 'T-1' })
    await table.getByText('No request is active').waitFor()
    await page.getByRole('tab', { name: /Executed 1/ }).click()
    await table.getByText('TRADED', { exact: true }).waitFor()
    await page.getByRole('tab', { name: /Cancelled and other 1/ }).click()
    const file = page.waitForEvent('download')
    await page.getByRole('button', { name: 'CSV' }).click()
    const stream = await (await file).createReadStream()
    const text = (await stream.toArray()).join('')
    expect(text).toMatch(/REJECTED,EURUSD\.SIM,BUY,5000000.*'=nobody quotes it/)
    expect(await unnamedControls(page)).toEqual([])
  })

  test('a hundred thousand rows scroll to their end and take changes', async () => {
    const rows = 100_000
    for (let i = 0; i < rows; i += 1)
      desk.rfqs.set(
        `R-${i}`,
        rfq(`R-${i}`, { createdAt: new Date(1_763_000_000_000 + i * 1_000).toISOString() }),
      )
    await page.reload()
    await page.goto(`${desk.gateway.base}/#/rfqs`)
    const table = page.getByRole('grid', { name: 'requests' })
    await page.getByRole('tab', { name: /Active 100,000/ }).waitFor({ timeout: 60_000 })
    await table.focus()
    await page.keyboard.press('End')
    await table.getByText('R-0', { exact: true }).waitFor()
    expect(await table.getByRole('row').count()).toBeLessThan(80)
    desk.put('R-0', { state: 'QUOTING', version: 3 })
    await table.getByRole('row').filter({ hasText: 'QUOTING' }).waitFor()
  })
})
