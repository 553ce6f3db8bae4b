import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const CANDIDATES = [
  process.env['ORION_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].filter((path) => path !== undefined)

/** What is said where there is no Chromium. */
export const NO_CHROMIUM = `no Chromium at ${CANDIDATES.join(', ')}: install it or set ORION_CHROMIUM`

/** Undefined when there is none; ORION_CHROMIUM names one elsewhere. */
export function findChromium(): string | undefined {
  return CANDIDATES.find((path) => existsSync(path))
}

/** Without a window, drawing on the CPU. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Opens the dashboard and logs in as the demonstration's trader; resolves when a price stands on the market watch. */
export async function openMarketWatch(
  page: Page,
  url: URL,
  { password, timeoutMs }: { readonly password: string; readonly timeoutMs: number },
): Promise<void> {
  page.setDefaultTimeout(timeoutMs)
  await page.goto(url.href, { waitUntil: 'commit' })
  await page.fill('input[name=tenant]', 'demo')
  await page.fill('input[name=user]', 'trader')
  await page.fill('input[name=password]', password)
  await page.keyboard.press('Enter')
  await page.locator('[data-side=bid] .digits', { hasText: /\d/ }).first().waitFor()
}
