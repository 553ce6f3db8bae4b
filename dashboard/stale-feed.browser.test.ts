import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useOrion } from '../cli/testing/use-orion.ts'
import { fadingRecording } from './fixtures/fading-recording.ts'
import { findChromium, launchChromium, logIn } from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const FEED_MS = 12_000
const orion = useOrion()

let browser: Browser | undefined
beforeEach(async () => {
  if (!IS_MISSING) browser = await launchChromium()
})
afterEach(() => browser?.close())

/** Nothing here says that a price is stale but the market-data topology, which stopped hearing of it. */
test.skipIf(IS_MISSING)(
  `of a whole system whose feed stops, the trader sees the silent price turn STALE${IS_MISSING ? ' (skipped: no Chromium; set ORION_CHROMIUM)' : ''}`,
  async () => {
    const recordings = orion.directory('recordings')
    const dataDirectory = orion.directory('data')
    mkdirSync(recordings, { recursive: true })
    const file = join(recordings, 'fading.orion.jsonl.gz')
    writeFileSync(file, fadingRecording(Date.now(), FEED_MS))
    const page = await (browser as Browser).newPage()
    const system = orion.start([
      ...['--data-dir', dataDirectory, '--log-level', 'warn'],
      ...['--feed', 'replay', '--replay', recordings, '--speed', '1'],
    ])
    await page.goto(await system.ready())
    const password = readFileSync(join(dataDirectory, 'demo-password'), 'utf8').trim()
    await logIn(page, { user: 'trader', password })

    const cell = (instrumentId: string, selector: string) => () =>
      page.locator(`[id="row-${instrumentId}"] ${selector}`).textContent()
    const bid = cell('EURUSD.SIM', '[data-side=bid] .digits')
    const status = cell('EURUSD.SIM', '[data-column=status]')
    const statusOfOther = cell('USDJPY.SIM', '[data-column=status]')
    await expect.poll(status, { timeout: 10_000 }).toMatch(/^\s*live\s*$/)
    expect(await statusOfOther()).toMatch(/^\s*live\s*$/)
    const first = await bid()
    await expect.poll(bid, { timeout: 5_000 }).not.toBe(first)

    await expect.poll(status, { timeout: FEED_MS + 15_000 }).toMatch(/^\s*STALE\s*$/)
    const last = await bid()
    expect(last).toMatch(/1\.08\d{3}/)
    expect(await page.locator('[id="row-EURUSD.SIM"]').getAttribute('class')).toContain('stale')
    expect(await statusOfOther()).toMatch(/^\s*live\s*$/)
    expect(system.child.exitCode).toBeNull()
  },
  60_000,
)
