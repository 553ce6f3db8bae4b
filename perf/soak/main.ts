/**
 * A steady load of RFQs on `orion start`, which is killed again and again; the log is compared with what traders were told.
 *
 *   npm run rfq-soak -- --minutes 10 --rate 20 --seed 1
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runRound } from './round.ts'
import { resultsOf, roundsIn, writeResults } from './soak-results.ts'

const HELP = `Usage: npm run rfq-soak -- [options]

Runs \`orion start\` on a data directory of its own under RFQs through the gateway (four fifths are accepted, a tenth cancelled, a tenth left
to expire), kills -9 the process at moments that the seed decides and starts it again on the same directory. When all is quiet, the log is
read: every RFQ that was acknowledged has one end, no trade is without an accept that was sent, every confirmed accept is one trade.

  --minutes N     of load in all (default 10)
  --rate N        RFQs a second (default 20)
  --round N       seconds of load of a round; each has a fresh data directory (default 120)
  --kill-every N  seconds from ready to the next kill, on average (default 15); one kill in five is followed by one during the start
  --seed S        of the whole run (default 1)
  --short         one round of 15 s: under a minute where nothing else runs; writes no file unless --out is given
  --resume FILE   results so far: goes on after the rounds that the file has, and writes there
  --out FILE      where results go (default docs/results/rfq-soak-<seed>.json)
  --help          this text

Exit status: 0 when nothing differed and all rounds are done, 1 else, 2 for wrong options.`

const NUMBERS = { minutes: '10', rate: '20', round: '120', 'kill-every': '15', seed: '1' } as const
const SHORT = { minutes: 0.25, rate: 20, round: 15, 'kill-every': 5 } as const

process.exitCode = await main()

async function main(): Promise<number> {
  let values: Record<string, string | boolean | undefined>
  try {
    values = parseArgs({
      options: {
        ...(Object.fromEntries(
          Object.entries(NUMBERS).map(([name, value]) => [
            name,
            { type: 'string', default: value },
          ]),
        ) as Record<keyof typeof NUMBERS, { type: 'string'; default: string }>),
        short: { type: 'boolean', default: false },
        resume: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}\n`)
    return 2
  }
  if (values['help'] === true) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const given = Object.fromEntries(
    Object.keys(NUMBERS).map((name) => [name, Number(values[name])]),
  ) as Record<keyof typeof NUMBERS, number>
  for (const [name, value] of Object.entries(given)) {
    if (value > 0 && Number.isFinite(value)) continue
    process.stderr.write(`--${name} takes a number above 0\n`)
    return 2
  }
  const isShort = values['short'] === true
  const resume = values['resume'] as string | undefined
  const out = (values['out'] as string | undefined) ?? resume
  return soak({
    ...given,
    ...(isShort ? SHORT : {}),
    resume,
    file: out ?? (isShort ? undefined : `docs/results/rfq-soak-${given.seed}.json`),
  })
}

async function soak({
  minutes,
  rate,
  round,
  seed,
  resume,
  file,
  ...given
}: Record<keyof typeof NUMBERS, number> & {
  readonly resume: string | undefined
  readonly file: string | undefined
}): Promise<number> {
  const rounds = [...roundsIn(resume)]
  const seconds = minutes * 60
  const done = () => rounds.reduce((sum, each) => sum + each.seconds, 0)
  const command = `npm run rfq-soak -- --minutes ${minutes} --rate ${rate} --round ${round} --kill-every ${given['kill-every']} --seed ${seed}`
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  while (done() < seconds && !stopped.signal.aborted) {
    const directory = mkdtempSync(join(tmpdir(), 'orion-rfq-soak-'))
    const loadSeconds = Math.min(round, seconds - done())
    try {
      const result = await runRound({
        seed: seed * 1_000 + rounds.length,
        directory,
        rfqsPerSecond: rate,
        seconds: loadSeconds,
        killEverySeconds: given['kill-every'],
        signal: stopped.signal,
        onProgress: (message) => process.stderr.write(`round ${rounds.length + 1}: ${message}\n`),
      })
      rounds.push(result)
      if (file !== undefined) writeResults(file, resultsOf(command, rate, rounds))
      const { acknowledged, created, ended, faults, kills, rejected, trades } = result
      process.stdout.write(
        `round ${rounds.length}: ${kills} kills, ${created} RFQs, ${acknowledged} acknowledged, ${trades} trades, ended ${JSON.stringify(ended)}, rejected ${JSON.stringify(rejected)}, ${faults.length} faults\n`,
      )
      for (const fault of faults) process.stdout.write(`  ${fault}\n`)
    } catch (error) {
      process.stdout.write(`round ${rounds.length + 1} did not end: ${error}\n`)
      if (file !== undefined) process.stdout.write(`go on with --resume ${file}\n`)
      return 1
    } finally {
      if (process.env['ORION_KEEP'] === '1') process.stderr.write(`kept: ${directory}\n`)
      else rmSync(directory, { recursive: true, force: true })
    }
  }
  const { totals } = resultsOf(command, rate, rounds)
  process.stdout.write(
    `${totals.kills} kills in ${totals.seconds} s of load: ${totals.acknowledged} of ${totals.created} RFQs acknowledged, ${totals.trades} trades, ${totals.faults} faults${file === undefined ? '' : `; ${file}`}\n`,
  )
  return totals.faults === 0 && totals.seconds >= seconds ? 0 : 1
}
