import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import { findChromium, launchChromium, NO_CHROMIUM, openMarketWatch } from '../browser/chromium.ts'
import { beginProbe, endProbe, installProbe } from '../browser/page-probe.ts'
import { type PaintFigures, paintFaults, paintFigures } from '../browser/paint-figures.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { allInstruments, logIn } from '../measuring/gateway-client.ts'
import { type OrionProcess, startOrion } from '../measuring/orion-process.ts'
import { type Distribution, rounded } from '../measuring/percentiles.ts'
import { processTree } from '../measuring/process-tree.ts'
import { pause } from '../measuring/read-topic.ts'
import { type Bench, scenario, seedOption, type Values } from '../scenario.ts'

const OPTIONS = {
  rate: {
    schema: z
      .string()
      .regex(/^\d+(,\d+)*$/, 'ticks per second, several separated by commas')
      .default('500,2000'),
    doc: 'Ticks per second over all instruments; several separated by commas, one after the other. 500 is what orion start has by default.',
  },
  seconds: {
    schema: z.coerce.number().int().min(1).max(600).default(30),
    doc: 'Measured time at each rate, in s.',
  },
  warmUp: {
    schema: z.coerce.number().int().min(1).max(600).default(15),
    doc: 'Time with the market watch open before it, in s.',
  },
  instruments: {
    schema: z.coerce.number().int().min(1).max(5_000).default(500),
    doc: 'Instruments of the simulated market, all on the open watchlist; those in view are measured.',
  },
  seed: seedOption,
} as const

type EndToEndValues = Values<typeof OPTIONS>

const VIEWPORT = { width: 1_600, height: 1_000 }
const PRICE_MS_MAX = 120_000
/** What came within this time before the end may not stand on the screen yet, ms. */
const SETTLED_MS = 200

export const endToEnd = scenario({
  name: 'end-to-end',
  question:
    'How long from a tick to its price on the screen of a trader: feed, topics, topologies, gateway and a real browser?',
  options: OPTIONS,
  run: async (values, bench) => {
    const executablePath = findChromium()
    if (executablePath === undefined) throw new Error(NO_CHROMIUM)
    for (const rate of values.rate.split(',').map(Number)) {
      const browser = await launchChromium(executablePath)
      try {
        await atRate(rate, values, bench, browser)
      } finally {
        await browser.close()
      }
    }
  },
})

async function atRate(
  rate: number,
  values: EndToEndValues,
  bench: Bench,
  browser: Browser,
): Promise<void> {
  const password = `bench-${process.pid}-password`
  bench.progress(`orion start at ${rate} ticks/s of ${values.instruments} instruments`)
  const orion = await startOrion(
    bench,
    [
      ...['--data-dir', bench.directory(), '--host', '127.0.0.1', '--log-level', 'warn'],
      ...['--port', '0', '--sql-port', '0', '--registry-port', '0'],
      ...['--seed', String(values.seed), '--rate', String(rate)],
      ...['--instruments', String(values.instruments)],
    ],
    { ORION_DEMO_PASSWORD: password },
  )
  try {
    const page = await browser.newPage({ viewport: VIEWPORT })
    await installProbe(page)
    await openMarketWatch(page, orion.url, { password, timeoutMs: PRICE_MS_MAX })
    await pause(values.warmUp * 1_000)
    await measure(rate, values, bench, { orion, page, password, browser: browser.version() })
  } finally {
    await orion.close()
  }
}

async function measure(
  rate: number,
  { instruments, seconds, warmUp, seed }: EndToEndValues,
  bench: Bench,
  of: {
    readonly orion: OrionProcess
    readonly page: Page
    readonly password: string
    readonly browser: string
  },
): Promise<void> {
  const { orion, page, password } = of
  const listed = await allInstruments(orion.url, await logIn(orion.url, 'trader', password))
  bench.progress(`${seconds} s at ${rate} ticks/s`)
  const sampled = await beginProbe(page)
  const meter = new CpuMeter(
    Object.fromEntries(
      processTree(process.pid)
        .filter(({ pid }) => pid !== process.pid)
        .map(({ name, pid }) => [`${name} ${pid}`, pid]),
    ),
  )
  await pause(seconds * 1_000)
  const use = meter.read()
  const result = await endProbe(page, SETTLED_MS)
  const faults = [
    ...paintFaults(
      result,
      new Map(listed.map(({ instrumentId, priceDecimals }) => [instrumentId, priceDecimals])),
    ),
  ]
  if (sampled.length === 0) faults.push('no row is in view')
  if (listed.length !== instruments)
    faults.push(`${listed.length} of ${instruments} instruments are listed`)
  if (result.shown.length === 0) faults.push('nothing stood on the screen at the end')
  const { spans, histogramsMs, ...page_ } = paintFigures(result)
  bench.report({
    configuration: {
      ...{ log: 'embedded', ticksPerSecond: rate, instruments, seconds },
      rowsInView: sampled.length,
      browser: `Chromium ${of.browser}, headless, ${VIEWPORT.width} x ${VIEWPORT.height}`,
    },
    seed,
    warmUp: `${warmUp} s with the market watch open`,
    runs: 1,
    samples: {
      ...{ spans, histogramsMs, use },
      longTasks: result.longTasks.map(rounded),
      paints: result.paints.length,
      clockDriftMs: rounded(result.clockDriftMs),
    },
    figures: {
      ...percentilesOf(spans),
      ...page_,
      clockDriftMs: rounded(result.clockDriftMs),
      ...cpuFigures(use, orion.pid),
    },
    outputVerified: faults.length === 0,
    faults,
  })
}

function percentilesOf(spans: PaintFigures['spans']): object {
  const some = ({ p50, p90, p99, max }: Distribution) => ({ p50, p90, p99, max })
  return Object.fromEntries(Object.entries(spans).map(([name, all]) => [name, some(all)]))
}

/** Shares of one core, by what the processes are. */
function cpuFigures(use: CpuUse, orionPid: number): object {
  const percent = (program: RegExp) => {
    const cpuSeconds = Object.entries(use.cpuSecondsOf)
      .filter(([name]) => program.test(name))
      .reduce((sum, [, some]) => sum + some, 0)
    return rounded((cpuSeconds / use.seconds) * 100)
  }
  return {
    orionCpuPercentOfCore: percent(/^orion /),
    clickhouseCpuPercentOfCore: percent(/^clickhouse /),
    browserCpuPercentOfCore: percent(/^chrom/),
    orionStarvedSeconds: use.starvedSecondsOf[`orion ${orionPid}`] ?? 0,
    otherCpuSeconds: use.otherCpuSeconds ?? 0,
  }
}
