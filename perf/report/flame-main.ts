/**
 * Keeps a CPU profile that `npm run bench -- ... --cpu-prof DIR` wrote as a flame graph in docs/benchmarks/flames: its stacks as JSON, and an SVG of it.
 *
 *   node bin/node.js perf/report/flame-main.ts FILE.cpuprofile [--name NAME] [--title TITLE] [--command COMMAND]
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { surroundings } from '../measuring/result-file.ts'
import { type CpuProfile, stacksOf } from './flame/cpu-profile.ts'
import { flameText, framesOf } from './flame/flame-file.ts'
import { flameSvg } from './flame/flame-svg.ts'
import { writeFiles } from './generated-files.ts'
import { FLAMES_DIRECTORY } from './section.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string' },
    title: { type: 'string' },
    command: { type: 'string', default: 'npm run bench -- ... --cpu-prof DIRECTORY' },
  },
})
const [file] = positionals
if (file === undefined) throw new Error('name a .cpuprofile file')
const title = values.title ?? basename(file, '.cpuprofile')
const name =
  values.name ??
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
const stacks = stacksOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)
const { commit, date, machine } = surroundings()
const flame = {
  title,
  command: values.command,
  commit,
  date,
  machine: `${machine.cpus} x ${machine.cpu}`,
  busyUs: stacks.busyUs,
  idleUs: stacks.idleUs,
  frames: framesOf(stacks),
}
const written = new Map([
  [`${FLAMES_DIRECTORY}/${name}.json`, flameText(flame)],
  [`${FLAMES_DIRECTORY}/${name}.svg`, flameSvg(flame)],
])
writeFiles(written)
for (const [path, text] of written)
  process.stdout.write(`${path}: ${Math.ceil(text.length / 1_024)} KiB\n`)
