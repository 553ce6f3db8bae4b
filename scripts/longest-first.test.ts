import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TestSpecification, Vitest } from 'vitest/node'
import LongestFirst, { LONG } from './longest-first.ts'

const ROOT = join(import.meta.dirname, '..')

test('every file that is named is there, once', () => {
  expect(LONG.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  expect(new Set(LONG).size).toBe(LONG.length)
})

test('long files come first, the longest before the others, and none is lost', async () => {
  const project = { name: 'unit', config: { isolate: true, sequence: { groupOrder: 0 } } }
  const cache = {
    // As if the short ones had taken long the last time.
    getTestSpecificationResult: ({ moduleId }: TestSpecification) => ({
      failed: false,
      duration: moduleId.endsWith('a.test.ts') ? 9_000 : 1_000,
    }),
  }
  const files = ['b.test.ts', LONG[1], 'a.test.ts', LONG[0]].map(
    (file) => ({ moduleId: `/clone/${file}`, project }) as unknown as TestSpecification,
  )
  const sorted = await new LongestFirst({ cache } as unknown as Vitest).sort(files)
  expect(sorted.map(({ moduleId }) => moduleId)).toEqual(
    [LONG[0], LONG[1], 'a.test.ts', 'b.test.ts'].map((file) => `/clone/${file}`),
  )
})
