import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './root.ts'

/** Text by path from the root of the project. */
export type Files = ReadonlyMap<string, string>

export function writeFiles(files: Files): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}

/** Which files are not as they would be made now, a line each. */
export function staleFiles(files: Files): readonly string[] {
  return [...files].flatMap(([path, text]) => {
    const there = textOf(path)
    return there === text
      ? []
      : [`${path}: ${there === undefined ? 'is not there' : 'is not what the results give'}`]
  })
}

/** Files of a directory with this ending that nothing makes any more. */
export function leftOver(directory: string, ending: string, files: Files): readonly string[] {
  return namesIn(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => `${directory}/${name}`)
    .filter((path) => !files.has(path))
}

export function remove(paths: readonly string[]): void {
  for (const path of paths) rmSync(join(ROOT, path))
}

export function textOf(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return undefined
  }
}

/** Names in a directory, sorted; none when it is not there. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(join(ROOT, directory)).sort()
  } catch {
    return []
  }
}
