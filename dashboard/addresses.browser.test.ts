import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DeskScreen, openDeskScreen } from './fixtures/desk-screen.ts'
import { findChromium, launchChromium, logIn } from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const NAME = IS_MISSING
  ? 'addresses of instruments (skipped: no Chromium; set ORION_CHROMIUM)'
  : 'addresses of instruments'

describe.skipIf(IS_MISSING)(NAME, () => {
  let browser: Browser
  let screen: DeskScreen

  beforeAll(async () => {
    browser = await launchChromium()
  })

  beforeEach(async () => {
    screen = await openDeskScreen(browser)
  })

  afterEach(() => screen.close())

  afterAll(() => browser.close())

  test('a link opens its instrument in a window of its own, after the log-in there', async () => {
    const { desk, page } = screen
    const other = await page.context().newPage()
    await other.goto(`${desk.gateway.base}/#/market/USDCHF.SIM`)
    await logIn(other, { user: 'trader', password: 'any' })
    const selected = other.locator('[role=row][aria-selected=true] strong')
    await expect.poll(() => selected.allTextContents()).toEqual(['USDCHF'])
    await other.goto(`${desk.gateway.base}/#/market/GONE.SIM`)
    await other.goto(`${desk.gateway.base}/#/market/EURGBP.SIM`)
    await expect.poll(() => selected.allTextContents()).toEqual(['EURGBP'])
  })

  test('a key goes from a row to its instrument, again and again', async () => {
    const { desk, page } = screen
    desk.put('R-1', { instrumentId: 'USDJPY.SIM' })
    const selected = page.locator('[role=row][aria-selected=true] strong')
    for (const _ of ['once', 'again']) {
      await page.keyboard.press('g')
      const table = page.getByRole('grid', { name: 'requests' })
      await table.getByText('R-1', { exact: true }).waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('m')
      await expect.poll(() => selected.allTextContents()).toEqual(['USDJPY'])
      expect(page.url()).toContain('#/market/USDJPY.SIM')
      await page.keyboard.press('Home')
      await expect.poll(() => selected.allTextContents()).toEqual(['EURUSD'])
    }
  })
})
