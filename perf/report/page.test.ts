import { describe, expect, test } from 'vitest'
import { byHand, textsOf } from './documents.ts'
import { resultOf, ticksAt } from './fixtures.ts'
import { KeptResults } from './kept-results.ts'
import { rewrite } from './markers.ts'
import { reportFiles } from './page.ts'

function latencyOf5000() {
  return resultOf('latency', {
    configuration: { log: 'embedded', ticksPerSecond: 5_000 },
    figures: {
      latencyMs: { p50: 12, p90: 20, p99: 40, p999: 60, max: 80 },
      use: { seconds: 10, cpuSeconds: 9 },
    },
    samples: { histogramMs: { 10: 600, 20: 300, 40: 99, 80: 1 } },
  })
}

const PAGE = 'docs/benchmarks/README.md'
const PLOT = 'docs/benchmarks/kafka-streams.svg'

describe('the report', () => {
  test('the same results give the same bytes', () => {
    // With a curve, which is clipped by an area that has an id.
    const kept = new KeptResults([ticksAt(100_000), latencyOf5000()])
    const files = reportFiles(kept)
    expect(files.get('docs/benchmarks/latency.svg')).toContain('clipPath id=')
    expect([...files]).toEqual([...reportFiles(kept)])
  })

  test('a newer result changes its plot and the page, so that the check fails', () => {
    const before = reportFiles(new KeptResults([ticksAt(100_000)]))
    const after = reportFiles(new KeptResults([ticksAt(100_000), ticksAt(120_000, 1)]))
    expect(before.get(PAGE)).toContain('100,000')
    expect(after.get(PAGE)).toContain('120,000')
    expect(after.get(PAGE)).not.toContain('| 100,000 |')
    expect(after.get(PLOT)).not.toBe(before.get(PLOT))
  })

  test('a plot names file, commit, machine, date and command', () => {
    const svg = reportFiles(new KeptResults([ticksAt(100_000)])).get(PLOT) ?? ''
    for (const part of [
      'perf/results/ticks-',
      'commit 0123456',
      '2 x a CPU',
      '2026-01-05 00:00 UTC',
    ])
      expect(svg).toContain(part)
    expect(svg).toContain('npm run bench -- ticks --records 1000000 --rounds 2 --caching on --peer')
  })

  test('plots are well-formed XML', () => {
    const svg = reportFiles(new KeptResults([ticksAt(100_000)])).get(PLOT) ?? ''
    const outside = svg.replaceAll(/<\/?[\w:]+(?: [\w:-]+="[^"<]*")* ?\/?>/g, '')
    expect(outside).not.toMatch(/[<>]/)
  })

  test('what was not measured is named with its command', () => {
    const page = reportFiles(new KeptResults([])).get(PAGE) ?? ''
    expect(page).toContain('Not measured yet: ticks; run `npm run bench -- ticks --peer`.')
    expect(page).toContain('Not measured yet: fan-out, subscribers 5000;')
    expect([...reportFiles(new KeptResults([])).keys()]).not.toContain(PLOT)
  })
})

describe('figures of the documents', () => {
  const document = 'It is <!-- figure: ticks.timesAsFast -->2.0<!-- /figure --> times as fast.'
  const rewritten = (kept: KeptResults) =>
    rewrite(document, textsOf({ kept, document: () => ({}) }))

  test('a changed result makes the figure stale', () => {
    expect(rewritten(new KeptResults([ticksAt(100_000)])).stale).toEqual([])
    expect(rewritten(new KeptResults([ticksAt(100_000), ticksAt(120_000, 1)])).stale).toEqual([
      { marker: 'figure ticks.timesAsFast', was: '2.0', shouldBe: '2.4' },
    ])
  })

  test('a figure without a result is an error', () => {
    expect(rewritten(new KeptResults([])).errors).toEqual([
      expect.stringContaining('there is no verified result of ticks'),
    ])
  })

  test.each(['figure', 'table'])('a %s that nobody defined is an error', (kind) => {
    const unknown = `<!-- ${kind}: made.up -->7<!-- /${kind} -->`
    const texts = textsOf({ kept: new KeptResults([]), document: () => ({}) })
    expect(rewrite(unknown, texts).errors).toHaveLength(1)
  })

  test('a table of figures by hand is noticed in perf/README.md, and in docs/benchmarks where no results file is named', () => {
    const byhand = '## Figures\n\n| work | records/s |\n| --- | --- |\n| ticks | 100 |\n'
    expect(byHand('perf/README.md', byhand)).toEqual([
      'perf/README.md:5: a table of figures stands here by hand: "| ticks | 100 |"',
    ])
    expect(byHand('docs/benchmarks/experiments.md', byhand)).toHaveLength(1)
    expect(byHand('docs/benchmarks/experiments.md', `${byhand}\nOut of ticks.json.\n`)).toEqual([])
    expect(byHand('docs/other.md', byhand)).toEqual([])
  })
})
