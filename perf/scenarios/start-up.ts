import { z } from 'zod'
import { findChromium, launchChromium, NO_CHROMIUM } from '../browser/chromium.ts'
import { rounded } from '../measuring/percentiles.ts'
import { type Bench, scenario, seedOption } from '../scenario.ts'
import { copyTree, install, linkPackages, THIS_TREE } from '../start-up/copied-tree.ts'
import { type InstallSize, installSize } from '../start-up/install-size.ts'
import { type MeasuredStart, measuredStart, type StartKind } from '../start-up/measured-start.ts'
import { startFigures } from '../start-up/start-figures.ts'

const KINDS: readonly StartKind[] = ['first', 'next', 'without-feed']

export const startUp = scenario({
  name: 'start-up',
  question:
    'How long from npm start to the first price in a browser, and what does Orion take when it has nothing to do?',
  options: {
    runs: {
      schema: z.coerce.number().int().min(1).max(50).default(3),
      doc: 'Starts of each kind: without a built dashboard, with it, and without a feed; figures are medians.',
    },
    browser: {
      schema: z.enum(['yes', 'no']).default('yes'),
      doc: 'yes: time to the first price in Chromium (ORION_CHROMIUM names one elsewhere); no: without it.',
    },
    settleSeconds: {
      schema: z.coerce.number().int().min(0).max(600).default(10),
      doc: 'Time between a start and the look at what it uses, in s.',
    },
    idleSeconds: {
      schema: z.coerce.number().int().min(1).max(600).default(30),
      doc: 'Time over which CPU is measured, in s.',
    },
    install: {
      schema: z.enum(['yes', 'no']).default('no'),
      doc: 'yes: npm ci in a clean copy, timed and measured; no: the size of what is installed here.',
    },
    seed: seedOption,
  },
  run: async (values, bench) => {
    const faults: string[] = []
    const executablePath = values.browser === 'yes' ? findChromium() : undefined
    if (values.browser === 'yes' && executablePath === undefined) faults.push(NO_CHROMIUM)
    const { largestMiB, ...installed } = await measureInstall(values.install === 'yes', bench)
    const copy = copyTree(bench.directory())
    linkPackages(copy)
    const browser = executablePath === undefined ? undefined : await launchChromium(executablePath)
    const starts: MeasuredStart[] = []
    try {
      for (let run = 0; run < values.runs; run += 1)
        for (const kind of KINDS) {
          bench.progress(`npm start, ${kind}, run ${run + 1}`)
          starts.push(await measuredStart(kind, bench, { ...values, copy, browser }))
        }
    } finally {
      await browser?.close()
    }
    faults.push(...starts.flatMap((start) => start.faults))
    const { runs, settleSeconds, idleSeconds } = values
    bench.report({
      configuration: {
        log: 'embedded',
        feed: 'as npm start has it by default',
        browser: browser === undefined ? 'none' : `Chromium ${browser.version()}`,
        ...{ settleSeconds, idleSeconds },
        install: values.install === 'yes' ? 'npm ci' : 'as it is here',
      },
      seed: values.seed,
      warmUp: 'none: the sources are in the file cache, as after an installation',
      runs,
      samples: { starts, largestPackagesMiB: largestMiB },
      figures: { ...startFigures(starts), install: installed },
      outputVerified: faults.length === 0,
      faults,
    })
  },
})

type MeasuredInstall = InstallSize & { readonly seconds?: number }

/** Of `npm ci` in a clean copy, or of what is installed here, which takes no time. */
async function measureInstall(isWanted: boolean, bench: Bench): Promise<MeasuredInstall> {
  if (!isWanted) return installSize(THIS_TREE)
  bench.progress('npm ci in a clean copy')
  const copy = copyTree(bench.directory())
  const seconds = await install(copy, bench)
  return { seconds: rounded(seconds), ...installSize(copy) }
}
