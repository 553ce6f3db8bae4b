import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Installation, installationArgs, type Outcome, outcomeOf, QUIET } from './outcome.ts'
import { type OrionProcess, runOrion } from './run-orion.ts'

const SIMULATION = [
  '--seed',
  '11',
  '--start-time',
  '2026-03-02T09:00:00Z',
  '--rate',
  '2000',
  '--instruments',
  '60',
  '--speed',
  'max',
]

export interface RepeatableRuns {
  /** Where a run keeps what it keeps; each call a new, empty place. */
  readonly place: (dataDir: string) => Promise<Installation>
  readonly ticks: number
  readonly kills: number
  /** Of every run but those that the others are compared with. */
  readonly options?: readonly string[]
  /** Looks at what such a run has left. */
  readonly after?: (installation: Installation) => void
}

/** Runs of the same seed are equal, whether they are killed on their way or not: the same suite on every log. */
export function repeatableRuns(
  name: string,
  { place, ticks, kills, options = [], after }: RepeatableRuns,
): void {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orion-run-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const start = (
    installation: Installation,
    count: number,
    more: readonly string[],
  ): OrionProcess =>
    runOrion([
      'start',
      ...installationArgs(installation),
      ...SIMULATION,
      ...QUIET,
      '--ticks',
      String(count),
      ...more,
    ])

  const uninterrupted = async (
    run: string,
    count: number,
    more: readonly string[] = [],
  ): Promise<Outcome> => {
    const installation = await place(join(directory, run))
    const process = start(installation, count, more)
    expect(await process.ended(), process.logs.slice(-3).join('\n')).toBe(0)
    if (more.length > 0) after?.(installation)
    return outcomeOf(installation)
  }

  test(`the same seed, start time and ticks give the same records, stores and rows on ${name}`, async () => {
    const first = await uninterrupted('first', ticks / 4)
    expect(await uninterrupted('second', ticks / 4, options)).toEqual(first)
    const total =
      first.topics['marketdata.ticks']?.reduce((sum, { records }) => sum + records, 0) ?? 0
    expect(total).toBeGreaterThan(ticks / 4)
    expect(first.tables).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'ticks' })]),
    )
  })

  test(`after ${kills} kill -9 under load, records, stores and rows on ${name} are those of a run without`, async () => {
    const calm = await uninterrupted('calm', ticks)
    const installation = await place(join(directory, 'killed'))
    let killed = 0
    for (let moment = 0; moment < kills; moment += 1) {
      const process = start(installation, ticks, options)
      await process.ready()
      // Moments spread over the work: from right after the start to some way into it.
      if ((await Promise.race([process.ended(), elapsed(20 + moment * 37)])) !== undefined) break
      process.kill('SIGKILL')
      expect(await process.ended()).toBe('SIGKILL')
      killed += 1
    }
    const last = start(installation, ticks, options)
    expect(await last.ended(), last.logs.slice(-3).join('\n')).toBe(0)
    expect(killed).toBe(kills)
    after?.(installation)
    expect(await outcomeOf(installation)).toEqual(calm)
  })
}

function elapsed(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms)
  })
}
