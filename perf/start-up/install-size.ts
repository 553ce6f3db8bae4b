import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export interface InstallSize {
  readonly packages: number
  readonly productionPackages: number
  readonly developmentPackages: number
  readonly nodeModulesMiB: number
  readonly productionMiB: number
  readonly developmentMiB: number
  /** Those that take most, MiB by name. */
  readonly largestMiB: Readonly<Record<string, number>>
}

type LockPackages = Readonly<Record<string, { readonly dev?: boolean | undefined }>>

const LARGEST = 10
const lockfile = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })),
})

/** What is installed in a tree, by its lock file: what is there for development alone, and the rest. */
export function installSize(root: string): InstallSize {
  const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return sizeOfPackages(lockfile.parse(lock).packages, (path) => {
    const directory = join(root, path)
    return existsSync(directory) ? bytesOf(directory) : undefined
  })
}

/** @param bytesAt undefined for a package that this platform does not have */
export function sizeOfPackages(
  packages: LockPackages,
  bytesAt: (path: string) => number | undefined,
): InstallSize {
  const installed = Object.entries(packages).flatMap(([path, { dev = false }]) => {
    const bytes = path === '' ? undefined : bytesAt(path)
    return bytes === undefined ? [] : [{ path, dev, bytes }]
  })
  const development = installed.filter(({ dev }) => dev)
  const production = installed.filter(({ dev }) => !dev)
  const largest = installed.toSorted((a, b) => b.bytes - a.bytes).slice(0, LARGEST)
  return {
    packages: installed.length,
    productionPackages: production.length,
    developmentPackages: development.length,
    nodeModulesMiB: megabytes(installed),
    productionMiB: megabytes(production),
    developmentMiB: megabytes(development),
    largestMiB: Object.fromEntries(
      largest.map((one) => [one.path.replace(/^.*node_modules\//, ''), megabytes([one])]),
    ),
  }
}

function megabytes(packages: readonly { readonly bytes: number }[]): number {
  return Math.round(packages.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20)
}

/** Of a package alone: what it has installed below itself is in the lock file by itself. Links are not followed. */
function bytesOf(directory: string): number {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .reduce((sum, entry) => {
      const path = join(directory, entry.name)
      return sum + (entry.isDirectory() ? bytesOf(path) : lstatSync(path).size)
    }, 0)
}
