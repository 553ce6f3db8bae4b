import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DeskScreen, openDeskScreen } from './fixtures/desk-screen.ts'
import { faintTexts, findChromium, launchChromium, unnamedControls } from './fixtures/screen.ts'

const IS_MISSING = findChromium() === undefined && process.env['CI'] !== 'true'
const NAME = IS_MISSING
  ? 'columns of tables (skipped: no Chromium; set ORION_CHROMIUM)'
  : 'columns of tables'

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

  const header = (id: string) => screen.page.locator(`[data-width-of="${id}"]`)
  const order = () =>
    screen.page
      .locator('[data-width-of]')
      .evaluateAll((cells) => cells.map((cell) => (cell as HTMLElement).dataset['widthOf']))
  const chooser = () => screen.page.getByRole('checkbox')
  const boxOf = async (id: string) => {
    const box = await header(id).boundingBox()
    if (box === null) throw new Error(`no column ${id} on the screen`)
    return box
  }

  /** Drags the right edge of a column. */
  async function drag(id: string, by: number): Promise<void> {
    const { page } = screen
    const { x, y, width, height } = await boxOf(id)
    await page.mouse.move(x + width - 3, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width - 3 + by / 2, y + height / 2)
    await page.mouse.move(x + width - 3 + by, y + height / 2)
    await page.mouse.up()
  }

  test('in the market watch: an edge is dragged, keys do the rest, a reload keeps it, one button takes it back', async () => {
    const { page } = screen
    const standard = await order()
    expect(standard).toEqual([
      'instrument',
      'bid',
      'ask',
      'mid',
      'spread',
      'spreadBps',
      'age',
      'status',
    ])
    const before = await boxOf('bid')
    await drag('bid', 40)
    const after = await boxOf('bid')
    expect(Math.round(after.width - before.width)).toBe(40)
    // The edge stayed under the pointer: nothing to the left of it moved.
    expect(Math.round(after.x - before.x)).toBe(0)
    const cell = page.locator('[id="row-EURUSD.SIM"] [data-side=bid]')
    expect(Math.round((await cell.boundingBox())?.width ?? 0)).toBe(Math.round(after.width))

    await page.keyboard.press('Shift+C')
    await chooser().first().waitFor()
    expect(await unnamedControls(page)).toEqual([])
    await page.getByRole('checkbox', { name: 'Ask, price' }).focus()
    await page.keyboard.press('Alt+ArrowUp')
    await expect.poll(order).toEqual(['instrument', 'ask', 'bid', ...standard.slice(3)])
    await page.keyboard.press('ArrowRight')
    await expect.poll(async () => Math.round((await boxOf('ask')).width)).toBe(120)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    const chosen = ['instrument', 'ask', 'bid', ...standard.slice(4)]
    await expect.poll(order).toEqual(chosen)
    await page.getByRole('checkbox', { name: 'Instrument' }).press('Space')
    expect(await order()).toEqual(chosen)

    await page.reload()
    await page.getByRole('grid', { name: /Market watch/ }).waitFor()
    expect(await order()).toEqual(chosen)
    expect(Math.round((await boxOf('bid')).width)).toBe(Math.round(after.width))
    await page.keyboard.press('Shift+C')
    for (const _ of ['light', 'dark']) {
      expect(await faintTexts(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('t')
      await page.keyboard.press('Shift+C')
    }
    await page.getByRole('button', { name: 'Reset columns' }).click()
    await expect.poll(order).toEqual(standard)
    expect((await boxOf('bid')).width).toBe(before.width)
  })

  test('in a blotter too: rows stay, a header that is dragged does not sort, the sort is kept by a reset', async () => {
    const { desk, page } = screen
    desk.put('R-1', {})
    await page.keyboard.press('g')
    const table = page.getByRole('grid', { name: 'requests' })
    await table.getByText('R-1', { exact: true }).waitFor()
    await header('side').getByRole('button', { name: 'Side', exact: true }).click()
    const row = await page.locator('[id="row-R-1"]').elementHandle()
    const before = await boxOf('instrument')
    await drag('instrument', 64)
    expect(Math.round((await boxOf('instrument')).width - before.width)).toBe(64)
    expect(await header('instrument').getAttribute('aria-sort')).toBe('none')
    expect(await row?.evaluate((element) => element.isConnected)).toBe(true)
    await page.reload()
    await table.waitFor()
    expect(Math.round((await boxOf('instrument')).width - before.width)).toBe(64)

    await table.focus()
    await page.keyboard.press('Shift+C')
    await page.getByRole('checkbox', { name: 'Desk' }).check()
    await expect.poll(async () => (await order()).at(-1)).toBe('desk')
    await page.reload()
    await table.waitFor()
    expect((await order()).at(-1)).toBe('desk')
    expect(Math.round((await boxOf('instrument')).width - before.width)).toBe(64)
    await page.getByRole('button', { name: 'Choose columns' }).click()
    const panel = await page.locator('[popover]:popover-open').boundingBox()
    expect((panel?.x ?? 0) + (panel?.width ?? 0)).toBeLessThanOrEqual(1_600)
    await page.getByRole('button', { name: 'Reset columns' }).click()
    await expect.poll(async () => (await boxOf('instrument')).width).toBe(before.width)
    expect(await order()).not.toContain('desk')
    expect(await header('side').getAttribute('aria-sort')).toBe('ascending')
  })
})
