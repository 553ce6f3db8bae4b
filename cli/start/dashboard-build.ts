import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '#streams'

const ROOT = join(import.meta.dirname, '..', '..')
const SOURCES = [
  'dashboard/src',
  'dashboard/index.html',
  'dashboard/vite.config.ts',
  'sdk',
  'gateway/protocol.ts',
  'package-lock.json',
]
const OUTPUT = join(ROOT, 'dashboard', 'dist')
const SAID_CHARACTERS_MAX = 4_000
const MARK = join(OUTPUT, '.built-from')

/** The dashboard's build, made first when there is none or its sources have changed; undefined when it cannot be made here. */
export async function dashboardDirectory(logger: Logger): Promise<string | undefined> {
  const fingerprint = sourceFingerprint()
  if (
    existsSync(join(OUTPUT, 'index.html')) &&
    existsSync(MARK) &&
    readFileSync(MARK, 'utf8') === fingerprint
  )
    return OUTPUT
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  if (!existsSync(vite)) {
    logger.warn(
      { entity: 'dashboard' },
      'no dashboard: vite is not installed; run npm ci with development dependencies, or npm run build',
    )
    return existsSync(join(OUTPUT, 'index.html')) ? OUTPUT : undefined
  }
  logger.info({ entity: 'dashboard' }, 'building the dashboard, once')
  try {
    await run(process.execPath, [vite, 'build', '--logLevel', 'error', join(ROOT, 'dashboard')])
    writeFileSync(MARK, fingerprint)
    return OUTPUT
  } catch (error) {
    logger.error(
      { entity: 'dashboard', error: String(error) },
      'no dashboard: its build failed; everything else goes on',
    )
    return undefined
  }
}

function sourceFingerprint(): string {
  const hash = createHash('sha256')
  for (const source of SOURCES) addFile(hash, join(ROOT, source))
  return hash.digest('hex')
}

function addFile(hash: ReturnType<typeof createHash>, path: string): void {
  if (!existsSync(path)) return
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) addFile(hash, join(path, name))
    return
  }
  hash.update(`${path.slice(ROOT.length)}\0`).update(readFileSync(path))
}

function run(file: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-SAID_CHARACTERS_MAX)
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`it ended with status ${code}: ${said}`)),
    )
  })
}
