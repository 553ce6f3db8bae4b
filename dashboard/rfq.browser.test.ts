import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useOrion } from '../cli/testing/use-orion.ts'
import { findChromium, launchChromium, logIn } from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const orion = useOrion()

let browser: Browser | undefined
beforeEach(async () => {
  if (!IS_MISSING) browser = await launchChromium()
})
afterEach(() => browser?.close())

/** Bots quote, the topologies decide, and nothing stands between the keys and the trade but the system as it is started. */
test.skipIf(IS_MISSING)(
  `of a whole system, a trader asks, sees ranked quotes, accepts the best and sees it TRADED${IS_MISSING ? ' (skipped: no Chromium; set ORION_CHROMIUM)' : ''}`,
  async () => {
    const dataDirectory = orion.directory('data')
    const page = await (browser as Browser).newPage({ viewport: { width: 1600, height: 950 } })
    const system = orion.start(['--data-dir', dataDirectory, '--log-level', 'warn'])
    await page.goto(await system.ready())
    const password = readFileSync(join(dataDirectory, 'demo-password'), 'utf8').trim()
    await logIn(page, { user: 'trader', password })
    await page.getByRole('row').filter({ hasText: 'live' }).first().waitFor()

    await page.keyboard.press('/')
    await page.keyboard.type('eurusd buy 1m 60s')
    await page.keyboard.press('Enter')
    const ticket = page.getByRole('region', { name: 'RFQ ticket' })
    await ticket.getByText('1,000,000').waitFor()
    await page.keyboard.press('Enter')
    await ticket.getByText('★ BEST').waitFor()
    const cards = ticket.getByRole('list', { name: 'Quotes, best first' }).getByRole('listitem')
    await cards.nth(1).waitFor()

    // A quote may end between the keys, or its last look go against it: as a trader, again.
    const traded = ticket.getByText('TRADED', { exact: true })
    await expect
      .poll(
        async () => {
          if ((await traded.count()) > 0) return true
          await page.keyboard.press('Enter')
          return false
        },
        { timeout: 40_000, interval: 300 },
      )
      .toBe(true)
    await ticket.getByText(/Bought 1,000,000 EURUSD\.SIMFX at \d\.\d+ from \S+\./).waitFor()
    await ticket.getByText(/^T-[0-9a-f]{20}$/).waitFor()

    await page.keyboard.press('i')
    const chain = page.getByRole('complementary', { name: 'Chain of events' })
    for (const type of ['CreateRFQ', 'RFQCreated', 'QuoteReceived', 'TradeExecuted', 'RFQTraded'])
      await chain.getByText(type, { exact: true }).first().waitFor()
    await page.getByRole('link', { name: 'RFQs' }).click()
    await page.getByRole('tab', { name: /Executed 1/ }).click()
    const table = page.getByRole('grid', { name: 'requests' })
    await table.getByRole('row').filter({ hasText: 'TRADED' }).waitFor()
  },
  120_000,
)
