import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../gateway/protocol.ts'
import { type DeskScreen, openDeskScreen } from './fixtures/desk-screen.ts'
import { faintTexts, findChromium, launchChromium, unnamedControls } from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const NAME = IS_MISSING ? 'cancel all (skipped: no Chromium; set ORION_CHROMIUM)' : 'cancel all'

describe.skipIf(IS_MISSING)(NAME, () => {
  let browser: Browser
  let screen: DeskScreen

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterEach(() => screen.close())

  afterAll(() => browser.close())

  async function open(roles: readonly Role[]): Promise<DeskScreen> {
    screen = await openDeskScreen(browser, roles)
    return screen
  }

  const dialog = () => screen.page.getByRole('dialog', { name: 'Cancel all of your requests' })
  const cancels = () =>
    screen.desk.gateway.requests.filter(({ path }) => /^\/rfqs\/[^/]+\/cancel$/.test(path))
  const shown = () => dialog().locator('tbody tr').allInnerTexts()

  test('one key and one confirmation cancel all own open requests, and each says what became of it', async () => {
    const { desk, page } = await open(['TRADER'])
    desk.put('R-1', { createdAt: '2026-11-21T12:00:01.000Z' })
    desk.put('R-2', { createdAt: '2026-11-21T12:00:02.000Z', state: 'QUOTING', version: 3 })
    desk.put('R-3', { createdAt: '2026-11-21T12:00:03.000Z' })
    desk.put('R-4', { requester: 'trader2' })
    desk.put('R-5', { state: 'ACCEPTED', version: 4 })
    let isDown = true
    desk.onCommand = ({ path }) => {
      if (path === '/rfqs/R-3/cancel' && isDown)
        return { status: 503, body: { status: 503, title: 'Away', detail: 'The log is away.' } }
      if (path !== '/rfqs/R-2/cancel') return undefined
      const current = { ...desk.rfqs.get('R-2'), state: 'TRADED', version: 5 }
      return { status: 409, body: { status: 409, title: 'No', detail: 'It traded.', current } }
    }
    // From a field, too: this key waits for nothing.
    await page.keyboard.press('b')
    await page.keyboard.press('Alt+x')
    await dialog().getByText('3 open requests of yours will be cancelled').waitFor()
    expect(cancels()).toEqual([])
    expect(await unnamedControls(page)).toEqual([])

    await page.keyboard.press('Enter')
    await dialog().getByText('1 cancelled, 1 not cancelled, 1 without an answer.').waitFor()
    expect(await shown()).toEqual([
      expect.stringMatching(/^R-1\b.*✓ cancelled/),
      expect.stringMatching(
        /^R-2\b.*not cancelled: It traded\. It is TRADED now; you saw QUOTING\./,
      ),
      expect.stringMatching(/^R-3\b.*no answer: The log is away\./),
    ])
    expect(desk.rfqs.get('R-4')?.state).toBe('SENT')
    expect(desk.rfqs.get('R-5')?.state).toBe('ACCEPTED')

    // What got no answer is open still: the same command again, with the same key.
    isDown = false
    await dialog()
      .getByRole('button', { name: /Cancel what is open \(1\)/ })
      .click()
    await dialog().getByText('1 cancelled.').waitFor()
    const keysOf = (rfqId: string) =>
      cancels()
        .filter(({ path }) => path === `/rfqs/${rfqId}/cancel`)
        .map(({ headers }) => headers['idempotency-key'])
    expect(keysOf('R-3').length).toBe(2)
    expect(new Set(keysOf('R-3')).size).toBe(1)
    expect(new Set(['R-1', 'R-2', 'R-3'].flatMap((id) => keysOf(id))).size).toBe(3)
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })

  test('the blotter has it as a control with the number; Escape cancels nothing', async () => {
    const { desk, page } = await open(['TRADER'])
    desk.put('R-1', {})
    await page.keyboard.press('g')
    await page.getByRole('button', { name: /Cancel all of mine \(1\)/ }).click()
    await dialog().getByText('1 open request of yours will be cancelled').waitFor()
    for (const theme of ['light', 'dark']) {
      expect(await page.locator('html').getAttribute('data-theme')).toBe(theme)
      // Rows behind it are lit for a moment.
      await expect.poll(() => faintTexts(page)).toEqual([])
      await page.keyboard.press('Escape')
      await dialog().waitFor({ state: 'detached' })
      await page.keyboard.press('t')
      await page.keyboard.press('Alt+x')
    }
    await page.keyboard.press('Escape')
    expect(cancels()).toEqual([])
    desk.put('R-1', { state: 'EXPIRED', version: 3 })
    const control = page.getByRole('button', { name: /Cancel all of mine/ })
    await expect.poll(() => control.isDisabled()).toBe(true)
  })

  test('a request that comes after the key is confirmed by the same Enter', async () => {
    const { desk, page } = await open(['TRADER'])
    await page.keyboard.press('Alt+x')
    await dialog().getByText('No request of yours is open.').waitFor()
    await page.keyboard.press('Enter')
    desk.put('R-1', {})
    await dialog().getByText('1 open request of yours will be cancelled').waitFor()
    expect(cancels()).toEqual([])
    await page.keyboard.press('Enter')
    await dialog().getByText('1 cancelled.').waitFor()
  })

  test('who may not cancel is not offered it, neither as a control nor by the key', async () => {
    const { desk, page } = await open(['SALES', 'RISK'])
    desk.put('R-1', {})
    await page.goto(`${desk.gateway.base}/#/rfqs`)
    await page.getByRole('grid', { name: 'requests' }).getByText('R-1', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: /Cancel all/ }).count()).toBe(0)
    await page.keyboard.press('Alt+x')
    // The next key shows that this one is done.
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    expect(await dialog().count()).toBe(0)
    expect(cancels()).toEqual([])
  })
})
