/**
 * Runs the whole system at full speed on a small disk bound and records, every few seconds, what each part of the data directory takes and
 * how much memory both processes hold. Ends with status 1 when the bound was passed.
 *
 *   node bin/node.js scripts/soak/disk-bound.ts --disk-max 1GB --seconds 600 [--restart-with 1GB] [--rate N] [--speed max] [--out FILE]
 *
 * `--restart-with` starts again on the same directory with another bound, for `--restart-seconds`.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { childrenOf, deletedOpenBytes, diskUse, residentBytes } from './disk-use.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SAMPLE_MS = 2_000

const { values } = parseArgs({
  options: {
    'disk-max': { type: 'string', default: '1GB' },
    seconds: { type: 'string', default: '600' },
    'restart-with': { type: 'string' },
    'restart-seconds': { type: 'string', default: '120' },
    rate: { type: 'string', default: '20000' },
    speed: { type: 'string', default: 'max' },
    'data-dir': { type: 'string' },
    out: { type: 'string' },
  },
})

interface Sample {
  readonly atS: number
  readonly totalMb: number
  readonly partsMb: Readonly<Record<string, number>>
  readonly walMb: number
  readonly deletedOpenMb: number
  readonly mainRssMb: number
  readonly childRssMb: number
  readonly appendedMb: number
  readonly records: number
  readonly rows: number
  readonly fed: number
  readonly inputLag: number
}

interface Phase {
  readonly diskMax: string
  readonly boundMb: number
  readonly seconds: number
  readonly peakMb: number
  readonly peakByPartMb: Readonly<Record<string, number>>
  readonly settledAtS: number | undefined
  readonly exit: number | string
  readonly warnings: readonly string[]
  readonly samples: readonly Sample[]
}

const UNITS: Readonly<Record<string, number>> = { MB: 1, GB: 1_000 }

const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10

function boundMb(text: string): number {
  const [, amount = '', unit = ''] = /^([\d.]+)(MB|GB)$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor === undefined) throw new Error(`a bound is such as 1GB, not ${text}`)
  return Number(amount) * factor
}

async function metric(url: string): Promise<(name: string) => number> {
  let text = ''
  try {
    text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text()
  } catch {
    // Busy; the next sample asks again.
  }
  return (name) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    )
}

async function phase(dataDir: string, diskMax: string, seconds: number): Promise<Phase> {
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', join(ROOT, 'cli', 'main.ts'), 'start'],
      ...['--data-dir', dataDir, '--port', '0', '--sql-port', '0', '--registry-port', '0'],
      ...['--disk-max', diskMax, '--seed', '1', '--start-time', '2026-01-05T08:00:00Z'],
      ...['--rate', values.rate, '--speed', values.speed],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const pid = child.pid ?? 0
  const warnings: string[] = []
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    for (const line of chunk.split('\n'))
      if (/"level":"?(?:warn|error|[456]0)/.test(line) && warnings.length < 200)
        warnings.push(line.slice(0, 600))
  })
  const ended = once(child, 'exit')
  const samples: Sample[] = []
  const startMs = Date.now()
  while (child.exitCode === null && Date.now() - startMs < seconds * 1_000) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
    const url = /^ready (\S+)$/m.exec(out)?.[1]
    const of = url === undefined ? () => 0 : await metric(url)
    const use = diskUse(dataDir)
    const children = childrenOf(pid)
    const deleted = [pid, ...children].map((one) => deletedOpenBytes(one, dataDir))
    const sample: Sample = {
      atS: Math.round((Date.now() - startMs) / 1_000),
      totalMb: mb(use.totalBytes),
      partsMb: Object.fromEntries(
        Object.entries(use.parts).map(([name, bytes]) => [name, mb(bytes)]),
      ),
      walMb: mb(use.writeAheadLogBytes),
      deletedOpenMb: mb(deleted.reduce((sum, bytes) => sum + bytes, 0)),
      mainRssMb: mb(residentBytes(pid)),
      childRssMb: mb(children.reduce((sum, one) => sum + residentBytes(one), 0)),
      appendedMb: mb(of('orion_log_appended_bytes_total')),
      records: of('orion_log_appended_records_total'),
      rows: of('orion_sink_rows_total'),
      fed: of('orion_feed_messages_total'),
      inputLag: of('orion_task_input_lag_records'),
    }
    samples.push(sample)
    if (samples.length % 10 === 0) console.error(JSON.stringify(sample))
  }
  child.kill('SIGTERM')
  const [code, signal] = await ended
  const bound = boundMb(diskMax)
  const peaks: Record<string, number> = {}
  for (const { partsMb } of samples)
    for (const [name, size] of Object.entries(partsMb))
      peaks[name] = Math.max(peaks[name] ?? 0, size)
  return {
    diskMax,
    boundMb: bound,
    seconds,
    peakMb: Math.max(...samples.map(({ totalMb, deletedOpenMb }) => totalMb + deletedOpenMb)),
    peakByPartMb: peaks,
    settledAtS: samples.find((_, at) => samples.slice(at).every(({ totalMb }) => totalMb <= bound))
      ?.atS,
    exit: signal ?? code,
    warnings,
    samples,
  }
}

const dataDir = values['data-dir'] ?? mkdtempSync(join(tmpdir(), 'orion-soak-'))
const phases: Phase[] = [await phase(dataDir, values['disk-max'], Number(values.seconds))]
if (values['restart-with'] !== undefined)
  phases.push(await phase(dataDir, values['restart-with'], Number(values['restart-seconds'])))
if (values['data-dir'] === undefined) rmSync(dataDir, { recursive: true, force: true })

const result = {
  commit: execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
  at: new Date().toISOString(),
  node: process.version,
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, memoryMb: mb(totalmem()) },
  configuration: { seed: 1, rate: Number(values.rate), speed: values.speed, sampleMs: SAMPLE_MS },
  phases,
}
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result)}\n`)
for (const { diskMax, peakMb, peakByPartMb, exit, samples } of phases) {
  const last = samples.at(-1)
  console.log(JSON.stringify({ diskMax, peakMb, peakByPartMb, exit, last }))
}
// A later phase begins above its bound and has to come below it.
const [first, ...later] = phases
const bounded =
  first !== undefined &&
  first.peakMb <= first.boundMb &&
  later.every(({ settledAtS }) => settledAtS !== undefined)
process.exitCode = bounded ? 0 : 1
