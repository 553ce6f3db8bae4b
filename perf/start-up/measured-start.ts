import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openMarketWatch } from '../browser/chromium.ts'
import { processTree, type TreeUse, treeUse } from '../measuring/process-tree.ts'
import { pause } from '../measuring/read-topic.ts'
import type { Bench } from '../scenario.ts'
import { hasDashboard, removeDashboard } from './copied-tree.ts'
import { NpmStart } from './npm-start.ts'

/** first: nothing is built yet; next: the dashboard's build is there; without-feed: that, and nothing comes in. */
export type StartKind = 'first' | 'next' | 'without-feed'

export interface MeasuredStart {
  readonly kind: StartKind
  /** From the start of npm. */
  readonly readySeconds: number
  readonly healthySeconds: number
  /** To a price on the market watch of a browser that is open: log-in included. Without a browser or a feed there is none. */
  readonly firstPriceSeconds: number | undefined
  /** After it, with nobody connected. Undefined for a first start, which is ended after its first price. */
  readonly after: TreeUse | undefined
  readonly faults: readonly string[]
}

export interface StartOptions {
  /** The tree that is started. */
  readonly copy: string
  readonly browser: Browser | undefined
  readonly seed: number
  readonly settleSeconds: number
  readonly idleSeconds: number
}

const PRICE_MS_MAX = 180_000

/** One `npm start` with a data directory of its own, to its end. */
export async function measuredStart(
  kind: StartKind,
  bench: Bench,
  options: StartOptions,
): Promise<MeasuredStart> {
  const { copy } = options
  const faults: string[] = []
  if (kind === 'first') removeDashboard(copy)
  else if (!hasDashboard(copy)) faults.push(`${kind}: the dashboard was not built before`)
  const password = `bench-${process.pid}-password`
  const start = new NpmStart(
    copy,
    [
      ...['--data-dir', join(bench.directory(), 'data'), '--log-level', 'warn'],
      ...['--port', '0', '--sql-port', '0', '--registry-port', '0'],
      ...(kind === 'without-feed' ? ['--feed', 'none'] : ['--seed', String(options.seed)]),
    ],
    { password, signal: bench.signal },
  )
  try {
    const url = await start.ready()
    const readySeconds = start.seconds()
    const healthy = start.healthy().then(() => start.seconds())
    const priced =
      kind === 'without-feed' || options.browser === undefined
        ? Promise.resolve(undefined)
        : firstPrice(options.browser, url, start, password)
    const [healthySeconds, firstPriceSeconds] = await Promise.all([healthy, priced])
    if (!hasDashboard(copy)) faults.push(`${kind}: no dashboard was built`)
    const after = kind === 'first' ? undefined : await used(start.pid, options)
    return { kind, readySeconds, healthySeconds, firstPriceSeconds, after, faults }
  } finally {
    const left = await start.close()
    if (left.length > 0) faults.push(`${kind}: ${left.length} processes did not end by themselves`)
  }
}

async function firstPrice(
  browser: Browser,
  url: URL,
  start: NpmStart,
  password: string,
): Promise<number> {
  const page = await browser.newPage()
  try {
    await openMarketWatch(page, url, { password, timeoutMs: PRICE_MS_MAX })
    return start.seconds()
  } finally {
    await page.close()
  }
}

async function used(pid: number, { settleSeconds, idleSeconds }: StartOptions): Promise<TreeUse> {
  await pause(settleSeconds * 1_000)
  const before = processTree(pid)
  const startMs = performance.now()
  await pause(idleSeconds * 1_000)
  return treeUse(before, processTree(pid), (performance.now() - startMs) / 1_000)
}
