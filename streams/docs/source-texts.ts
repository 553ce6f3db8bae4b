import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** The product's own source in these folders of the repository: no tests, and nothing that only tests import. */
export function sourceTexts(folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(folder, path),
      ),
    )
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !OF_TESTS.test(path))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
}

const OF_TESTS = /(^|\/)(fixtures|contract|conformance|docs|\.orion[^/]*)\//

export function pageText(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}

/** Every first group of a pattern, each once, sorted. */
export function allOf(texts: readonly string[], pattern: RegExp): readonly string[] {
  const found = texts.flatMap((text) => [...text.matchAll(pattern)].map(([, group = '']) => group))
  return [...new Set(found)].sort()
}
