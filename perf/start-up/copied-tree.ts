import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Bench } from '../scenario.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const LEFT_OUT = /^(node_modules|dist|results|\.git|\.ci|\.orion.*)$/
const INSTALL_MS_MAX = 15 * 60_000

/** The sources of this tree in another directory, nothing built or installed: what is started here changes nothing there. */
export function copyTree(directory: string): string {
  const copy = join(directory, 'orion')
  cpSync(ROOT, copy, {
    recursive: true,
    filter: (source) => source === ROOT || !LEFT_OUT.test(basename(source)),
  })
  return copy
}

/** With what is installed here. */
export function linkPackages(copy: string): void {
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'dir')
}

/** `npm ci` with development packages, without their scripts. @returns seconds */
export async function install(copy: string, bench: Bench): Promise<number> {
  const startMs = performance.now()
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'inherit'],
    signal: AbortSignal.any([bench.signal, AbortSignal.timeout(INSTALL_MS_MAX)]),
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0) throw new Error(`npm ci ended with ${signal ?? code}`)
  return (performance.now() - startMs) / 1_000
}

export function hasDashboard(copy: string): boolean {
  return existsSync(join(copy, 'dashboard', 'dist', 'index.html'))
}

export function removeDashboard(copy: string): void {
  rmSync(join(copy, 'dashboard', 'dist'), { recursive: true, force: true })
}

/** Where `npm run bench` itself runs. */
export const THIS_TREE = ROOT
