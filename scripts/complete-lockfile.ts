/**
 * Completes package-lock.json after a dependency has changed. npm leaves out binaries of platforms that the registry it asked does not serve, and
 * `npm ci` then refuses the lockfile everywhere. Each missing optional binary gets its entry: version, platform, no more.
 *
 *   npm install --package-lock-only --ignore-scripts && node bin/node.js scripts/complete-lockfile.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface LockEntry {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'win32',
  'wasm32',
  'sunos',
  'aix',
  'netbsd',
  'openbsd',
]
const PROCESSORS = [
  'arm64',
  'x64',
  'ia32',
  'arm',
  'ppc64',
  'riscv64',
  's390x',
  'loong64',
  'mips64el',
  'wasm32',
]

const file = 'package-lock.json'
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> }
let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (hasEntry(path, name)) continue
    const platform = platformOf(name)
    if (platform === undefined) continue
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[~^]/, ''),
      ...platform,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    }
    added += 1
  }
}
const [root, ...rest] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([
  ...(root === undefined ? [] : [root]),
  ...rest.sort(([a], [b]) => (a < b ? -1 : 1)),
])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${file}: ${added} binaries of other platforms added`)

/** Where Node would find it: beside the package or above it. */
function hasEntry(path: string, name: string): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules') - 1))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true
    if (at === '') return false
  }
}

/** Platform by the package's name; undefined for what is no platform's binary. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) =>
    words.some(
      (word) =>
        word === processor ||
        (processor === 'arm' && /^(gnueabihf|musleabihf|eabi|arm)$/.test(word)),
    ),
  )
  if (os === undefined || cpu === undefined) return undefined
  const libc = /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined
  return { cpu: [cpu], os: [os], ...(os === 'linux' && libc !== undefined ? { libc } : {}) }
}
