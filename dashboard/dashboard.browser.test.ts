import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '#streams'
import { dashboardDirectory } from '../cli/start/dashboard-build.ts'
import { staleDetected } from '../gateway/fixtures/market-events.ts'
import { PASSWORD, type RunningGateway, runGateway } from '../gateway/fixtures/running-gateway.ts'
import { BreakableLink } from '../sdk/fixtures/breakable-link.ts'
import { PLATFORM_TENANT } from '../topics/index.ts'
import { MovingMarket } from './fixtures/moving-market.ts'
import {
  faintTexts,
  findChromium,
  launchChromium,
  logIn,
  unnamedControls,
} from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const NAME = IS_MISSING
  ? 'the dashboard (skipped: no Chromium; set ORION_CHROMIUM)'
  : 'the dashboard'
const TRADER = { user: 'trader', password: PASSWORD }
const BAR = { open: 1.08, high: 1.09, low: 1.07, close: 1.085, volume: 5, vwap: 1.08, ticks: 9 }

describe.skipIf(IS_MISSING)(NAME, () => {
  let browser: Browser
  let running: RunningGateway
  let link: BreakableLink
  let market: MovingMarket
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchChromium()
    const directory = await dashboardDirectory(silentLogger)
    if (directory === undefined) throw new Error('the dashboard was not built')
    running = await runGateway({
      dashboardDirectory: directory,
      bars: async ({ toMs }) =>
        [3, 2, 1].map((back) => ({
          ...BAR,
          windowStartMs: toMs - (toMs % 60_000) - back * 60_000,
          origin: 'COMPUTED',
        })),
    })
    market = new MovingMarket(running, [
      { instrumentId: 'EURUSD.SIM', assetClass: 'FX', priceDecimals: 5, startPrice: 1.08 },
      { instrumentId: 'USDJPY.SIM', assetClass: 'FX', priceDecimals: 3, startPrice: 151.2 },
      ...Array.from({ length: 498 }, (_, i) => ({
        instrumentId: `S${String(i).padStart(3, '0')}.SIM`,
        assetClass: 'EQUITY' as const,
        priceDecimals: 2,
        startPrice: 1_000 + i,
      })),
    ])
    market.step()
    await running.priced(['EURUSD.SIM', 'S497.SIM'])
  })

  beforeEach(async () => {
    market.start(100)
    link = await BreakableLink.open(running.gateway.port)
    context = await browser.newContext({ viewport: { width: 1600, height: 1000 } })
    page = await context.newPage()
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text())
    })
    await page.goto(`http://127.0.0.1:${link.port}/`)
  })

  afterEach(async () => {
    await context.close()
    await link.cut()
    market.stop()
    expect(complaints).toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await running?.close()
  })

  const row = (instrumentId: string) => page.locator(`[id="row-${instrumentId}"]`)
  const bid = (instrumentId: string) => row(instrumentId).locator('[data-side=bid] .digits')
  const status = (instrumentId: string) => row(instrumentId).locator('[data-column=status]')
  const selected = () => textOf(page.locator('[role=row][aria-selected=true] strong'))
  const tab = (name: string) => page.locator('nav button[aria-current=true]', { hasText: name })

  async function moves(instrumentId: string): Promise<void> {
    const before = await textOf(bid(instrumentId))
    await expect.poll(() => textOf(bid(instrumentId)), { timeout: 10_000 }).not.toBe(before)
  }

  test('says in words why a log-in is refused, then lets the trader in to moving prices', async () => {
    await logIn(page, { ...TRADER, password: 'wrong' })
    await page.getByRole('alert').getByText('Tenant, user and password do not match.').waitFor()
    await logIn(page, TRADER)
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
    await moves('EURUSD.SIM')
    expect(await textOf(status('EURUSD.SIM'))).toBe('live')
    expect(await textOf(bid('EURUSD.SIM'))).toMatch(/^1\.\d{5}$/)
    expect(await textOf(bid('S000.SIM'))).toMatch(/^1,000\.\d\d$|^999\.\d\d$/)
    // Direction by arrow as well as by colour, and a cell that is lit.
    await expect.poll(() => textOf(row('EURUSD.SIM').locator('.arrow').first())).toMatch(/[▲▼]/)
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBeGreaterThan(0)
  })

  test('makes rows only for what is in view, whichever of 500 instruments that is', async () => {
    await logIn(page, TRADER)
    await row('EURUSD.SIM').waitFor()
    expect(await page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe('501')
    expect(await page.locator('[role=grid] [role=row]').count()).toBeLessThan(60)
    await page.keyboard.press('End')
    await row('USDJPY.SIM').waitFor()
    await moves('USDJPY.SIM')
    expect(await page.locator('[role=grid] [role=row]').count()).toBeLessThan(60)
  })

  test('loses the connection, says so on every price, and comes back by itself', async () => {
    await logIn(page, TRADER)
    await row('EURUSD.SIM').waitFor()
    await moves('EURUSD.SIM')
    await link.cut()
    await page.locator('[data-connection=connecting]', { hasText: 'Reconnecting' }).waitFor()
    expect(await textOf(status('EURUSD.SIM'))).toBe('not live')
    await page.locator('[data-connection=connecting]', { hasText: 'no' }).waitFor()
    await link.mend()
    await page.locator('[data-connection=open]').waitFor({ timeout: 20_000 })
    await moves('EURUSD.SIM')
    expect(await textOf(status('EURUSD.SIM'))).toBe('live')
  })

  test('marks a price STALE, in words, when the feed stops, and lets it grow old', async () => {
    await logIn(page, TRADER)
    await row('EURUSD.SIM').waitFor()
    await moves('EURUSD.SIM')
    market.stop()
    running.publish(
      running.topics.marketdata.status,
      PLATFORM_TENANT,
      'EURUSD.SIM',
      staleDetected(PLATFORM_TENANT, 'EURUSD.SIM'),
    )
    await status('EURUSD.SIM').getByText('STALE').waitFor()
    expect(await row('EURUSD.SIM').getAttribute('class')).toContain('stale')
    expect(await textOf(status('S000.SIM'))).toBe('live')
    const age = () => textOf(row('S000.SIM').locator('[data-column=age]'))
    await expect.poll(age, { timeout: 10_000 }).toBe('3 s')
    running.publish(running.topics.marketdata.status, PLATFORM_TENANT, 'EURUSD.SIM', null)
    await status('EURUSD.SIM').getByText('live').waitFor()
  })

  test('draws candles from bars and lengthens them by prices', async () => {
    await logIn(page, TRADER)
    const chart = page.getByRole('region', { name: 'Price chart of EURUSD' })
    await chart.locator('[data-candles="4"]').waitFor()
    expect(await chart.locator('canvas').count()).toBeGreaterThan(0)
    await page.keyboard.press('c')
    await chart.locator('button[aria-pressed=true]', { hasText: '1h' }).waitFor()
    await page.getByRole('heading', { name: 'Depth top 10' }).waitFor()
    expect(await page.locator('aside table tbody tr').count()).toBe(10)
  })

  test('is worked by keyboard alone: select, go to, make a list, fill it, pin, and find it again after a reload', async () => {
    await logIn(page, TRADER)
    await row('EURUSD.SIM').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    expect(await selected()).toBe('S001')
    await page.keyboard.press('/')
    await page.keyboard.type('usd/jpy')
    await page.keyboard.press('Enter')
    await expect.poll(selected).toBe('USDJPY')
    await page.keyboard.press('w')
    await tab('FX').waitFor()

    await page.keyboard.press('n')
    await page.keyboard.type('Mine')
    await page.keyboard.press('Enter')
    await tab('Mine').waitFor()
    await page.keyboard.press('/')
    for (const symbol of ['S400', 'EURUSD']) {
      await page.keyboard.type(symbol)
      await page.getByRole('option', { name: symbol }).waitFor()
      await page.keyboard.press('Shift+Enter')
      await row(`${symbol}.SIM`).waitFor()
    }
    await page.keyboard.press('Escape')
    await page.keyboard.press('p')
    await page.keyboard.press('e')
    await page.keyboard.type('Best')
    await page.keyboard.press('Enter')
    await page.keyboard.press('t')

    await page.reload()
    await tab('Best 2').waitFor()
    const symbols = page.locator('[role=grid] [role=row] strong')
    await expect.poll(() => symbols.allTextContents()).toEqual(['EURUSD', 'S400'])
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Previous, next instrument').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.locator('input[name=password]').waitFor()
    await page.reload()
    await page.locator('input[name=password]').waitFor()
  })

  test('names every control, shows the focus, and keeps its texts legible in both themes', async () => {
    expect(await unnamedControls(page)).toEqual([])
    expect(await faintTexts(page)).toEqual([])
    await logIn(page, TRADER)
    await row('EURUSD.SIM').waitFor()
    await moves('EURUSD.SIM')
    running.publish(
      running.topics.marketdata.status,
      PLATFORM_TENANT,
      'S001.SIM',
      staleDetected(PLATFORM_TENANT, 'S001.SIM'),
    )
    await status('S001.SIM').getByText('STALE').waitFor()
    for (const theme of ['light', 'dark']) {
      expect(await page.locator('html').getAttribute('data-theme')).toBe(theme)
      expect(await unnamedControls(page)).toEqual([])
      expect(await faintTexts(page)).toEqual([])
      await page.keyboard.press('t')
    }
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    expect(await unnamedControls(page)).toEqual([])
    const outline = await page.evaluate(() =>
      document.activeElement === null ? '' : getComputedStyle(document.activeElement).outlineStyle,
    )
    expect(outline).toBe('solid')
    running.publish(running.topics.marketdata.status, PLATFORM_TENANT, 'S001.SIM', null)
  })
})

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent())?.trim() ?? ''
}
