import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '#streams'
import { dashboardDirectory } from '../cli/start/dashboard-build.ts'
import { PASSWORD, type RunningGateway, runGateway } from '../gateway/fixtures/running-gateway.ts'
import { RunningTopology } from './fixtures/running-topology.ts'
import {
  faintTexts,
  findChromium,
  launchChromium,
  logIn,
  unnamedControls,
} from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const NAME = IS_MISSING
  ? 'the page of topologies (skipped: no Chromium; set ORION_CHROMIUM)'
  : 'the page of topologies'

describe.skipIf(IS_MISSING)(NAME, () => {
  let browser: Browser
  let running: RunningGateway
  let topology: RunningTopology
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchChromium()
    const directory = await dashboardDirectory(silentLogger)
    if (directory === undefined) throw new Error('the dashboard was not built')
    topology = new RunningTopology()
    running = await runGateway({
      dashboardDirectory: directory,
      graphs: new Map([['totals', topology.drawn]]),
    })
    await topology.start(running)
  })

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1600, height: 1000 } })
    page = await context.newPage()
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`http://127.0.0.1:${running.gateway.port}/`)
  })

  afterEach(async () => {
    await context.close()
    expect(complaints).toEqual([])
  })

  afterAll(async () => {
    topology?.stop()
    await browser?.close()
    await running?.close()
  })

  const box = (shape: string, name: string) =>
    page.locator(`[data-shape=${shape}][data-name="${name}"] .figure`)

  test('shows the live graph with rates, lag and sizes, and what is restored, per task', async () => {
    await logIn(page, { user: 'platform', password: PASSWORD })
    await page.getByRole('link', { name: 'Topologies' }).click()
    await page.getByRole('region', { name: 'Graph of totals' }).waitFor()
    await expect
      .poll(() => box('node', 'totals').textContent(), { timeout: 10_000 })
      .toMatch(/^[1-9]\S* \/s$/)
    expect(await box('topic', 'orders').textContent()).toBe('lag 70')
    expect(await box('store', 'totals').textContent()).toBe('restoring 40 %, 6 s left')
    const restoring = page.locator('[data-task="0_1"]')
    expect(await restoring.textContent()).toContain('RESTORING')
    expect(await restoring.textContent()).toContain('totals 40 of 100, 10 /s, 6 s left')
    expect(await restoring.textContent()).toContain('second/7')
    expect(await page.locator('[data-task="0_0"]').textContent()).toContain('first/7')
    const instance = (host: string) => page.locator(`[data-instance="${host}/7"]`)
    expect(await instance('first').textContent()).toMatch(/RUNNING\s*1\s*0 s ago\s*1\.2\.3/)
    expect(await instance('second').textContent()).toContain('REBALANCING')
    const gone = await instance('gone').textContent()
    expect(gone).toMatch(/RUNNING when last heard of\s*0\s*2\d s ago/)
    expect(gone).toContain('silent: gone, or cut off; runs another graph than the one shown')
    const line = page.getByRole('button', { name: /^totals/ })
    expect(await line.textContent()).toMatch(/REBALANCING, 1 of 3 instances silent/)
    expect(await line.textContent()).toMatch(/1 of 2 tasks run in 3\s+processes, lag 70/)

    topology.restored()
    await expect
      .poll(() => box('store', 'totals').textContent(), { timeout: 10_000 })
      .toBe('2.0 KiB')
    await expect.poll(() => restoring.textContent()).toContain('RUNNING')
  })

  test('is reached by key, kept in the address, and legible in both themes', async () => {
    await logIn(page, { user: 'admin', password: PASSWORD })
    await page.getByRole('link', { name: 'Topologies' }).waitFor()
    // The last of the pages.
    const pages = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
    for (let left = await pages.count(); left > 1; left -= 1) await page.keyboard.press('g')
    await page.getByRole('region', { name: 'Graph of totals' }).waitFor()
    expect(page.url()).toMatch(/#\/topologies$/)
    await page.reload()
    await page.getByRole('region', { name: 'Graph of totals' }).waitFor()
    for (const theme of ['light', 'dark']) {
      expect(await page.locator('html').getAttribute('data-theme')).toBe(theme)
      expect(await unnamedControls(page)).toEqual([])
      expect(await faintTexts(page)).toEqual([])
      await page.keyboard.press('t')
    }
    await page.keyboard.press('g')
    await page.getByRole('region', { name: 'Market watch' }).waitFor()
  })

  test('is not offered to a trader, and its address leads to the market', async () => {
    await logIn(page, { user: 'trader', password: PASSWORD })
    await page.getByRole('region', { name: 'Market watch' }).waitFor()
    expect(await page.getByRole('link', { name: 'Topologies' }).count()).toBe(0)
    await page.goto(`http://127.0.0.1:${running.gateway.port}/#/topologies`)
    await page.getByRole('region', { name: 'Market watch' }).waitFor()
    expect(await page.getByRole('region', { name: 'Graph of totals' }).count()).toBe(0)
  })
})
