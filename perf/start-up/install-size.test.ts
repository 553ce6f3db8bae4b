import { expect, test } from 'vitest'
import { sizeOfPackages } from './install-size.ts'

const MIB = 2 ** 20

test('packages are those that are there, by what they are for', () => {
  const packages = {
    '': {},
    'node_modules/database': {},
    'node_modules/other-platform': {},
    'node_modules/bundler': { dev: true },
    'node_modules/bundler/node_modules/parser': { dev: true },
  }
  const bytes: Readonly<Record<string, number>> = {
    '': 900 * MIB,
    'node_modules/database': 500 * MIB,
    'node_modules/bundler': 20 * MIB,
    'node_modules/bundler/node_modules/parser': 3 * MIB,
  }
  expect(sizeOfPackages(packages, (path) => bytes[path])).toEqual({
    packages: 3,
    productionPackages: 1,
    developmentPackages: 2,
    nodeModulesMiB: 523,
    productionMiB: 500,
    developmentMiB: 23,
    largestMiB: { database: 500, bundler: 20, parser: 3 },
  })
})
