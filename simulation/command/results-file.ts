import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { SeedReport } from './run-seed.ts'

/** Seeds that one process ran in a row. */
export interface Part {
  readonly from: number
  readonly to: number
  readonly passed: number
  readonly failed: readonly SeedReport[]
  /** Of all runs of the part, one after the other: another run of it must come to the same. */
  readonly hash: string
  readonly durationMs: number
}

interface Contents {
  readonly bug: string | null
  readonly scenario: string | null
  readonly parts: readonly Part[]
}

/** Results of a run in parts, written after each part, so that the run can be stopped at any time. */
export class ResultsFile {
  readonly #path: string | undefined
  readonly #kind: Pick<Contents, 'bug' | 'scenario'>
  readonly #parts: Part[]

  /** @throws {RangeError} when the file is of another kind of run */
  constructor(path: string | undefined, kind: Pick<Contents, 'bug' | 'scenario'>) {
    this.#path = path
    this.#kind = kind
    const known = path !== undefined && existsSync(path) ? readContents(path) : undefined
    if (known !== undefined && (known.bug !== kind.bug || known.scenario !== kind.scenario)) {
      throw new RangeError(`${path} holds results of another bug or scenario`)
    }
    this.#parts = [...(known?.parts ?? [])]
  }

  get parts(): readonly Part[] {
    return this.#parts
  }

  has(from: number, to: number): boolean {
    return this.#parts.some((part) => part.from === from && part.to === to)
  }

  add(part: Part): void {
    this.#parts.push(part)
    this.#parts.sort((a, b) => a.from - b.from)
    if (this.#path === undefined) return
    const contents: Contents = { ...this.#kind, parts: this.#parts }
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(contents, undefined, 1)}\n`)
    renameSync(`${this.#path}.new`, this.#path)
  }
}

function readContents(path: string): Contents {
  const contents: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof contents === 'object' && contents !== null && 'parts' in contents) {
    if (Array.isArray(contents.parts)) return contents as Contents
  }
  throw new RangeError(`${path} holds no results of a simulation`)
}
