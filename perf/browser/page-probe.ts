import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

/** What stands in a row, and what the stream said last before it. */
export interface ShownValue {
  readonly instrumentId: string
  readonly sequence: number
  readonly bid: number | null
  readonly ask: number | null
  readonly bidText: string
  readonly askText: string
}

/** A price that came into the document. Times are of the wall clock, ms. */
export interface Paint extends ShownValue {
  readonly eventTimeMs: number
  readonly publishedAtMs: number
  /** The frame of the WebSocket was there. */
  readonly receivedMs: number
  /** The text had changed. */
  readonly domMs: number
  /** The next animation frame began: the one with the text had been made. */
  readonly paintMs: number
}

export interface ProbeResult {
  readonly paints: readonly Paint[]
  /** At the end, of rows whose price had come some time before. */
  readonly shown: readonly ShownValue[]
  /** Durations of tasks of more than 50 ms, in ms. */
  readonly longTasks: readonly number[]
  /** Of bid or ask of the sampled instruments, as they came. */
  readonly receivedChanges: number
  readonly frames: number
  readonly paintedFrames: number
  readonly seconds: number
  /** What the page's clock ran away from the wall clock. */
  readonly clockDriftMs: number
}

interface Probe {
  begin(): readonly string[]
  end(settledMs: number): ProbeResult
}

/** Runs in every page from now on, before its own scripts. */
export async function installProbe(page: Page): Promise<void> {
  await page.addInitScript({ path: fileURLToPath(new URL('./page-probe.js', import.meta.url)) })
}

/** @returns the instruments whose rows are in view: they are the sample */
export function beginProbe(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => (globalThis as unknown as { orionProbe: Probe }).orionProbe.begin())
}

export function endProbe(page: Page, settledMs: number): Promise<ProbeResult> {
  return page.evaluate(
    (ms) => (globalThis as unknown as { orionProbe: Probe }).orionProbe.end(ms),
    settledMs,
  )
}
