import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReleased, readSchemas } from './read-schemas.ts'
import { incompatibleWithReleased, unreleased } from './released.ts'
import { renderSchemas } from './render-schemas.ts'
import { renderEnvelopes, renderFrontDoor, renderTypes } from './render-types.ts'

const ROOM = dirname(dirname(fileURLToPath(import.meta.url)))

export interface GenerateOptions {
  /** Folder with `schemas/`, `released/` and `generated/`; the room itself unless a test says otherwise. */
  readonly room?: string
  readonly mode: 'write' | 'check' | 'release'
}

export interface GenerateResult {
  readonly written: readonly string[]
  /** Reasons to refuse, one line each. */
  readonly faults: readonly string[]
}

/**
 * Composes the schemas and writes the TypeScript made from them. `check` writes nothing and reports files that differ. `release` also
 * keeps every changed stream as its next released version. A schema that cannot read a released version is a fault in every mode.
 */
export function generate({ room = ROOM, mode }: GenerateOptions): GenerateResult {
  const sources = readSchemas(join(room, 'schemas'))
  mkdirSync(join(room, 'released'), { recursive: true })
  const faults = [...incompatibleWithReleased(sources, readReleased(join(room, 'released')))]
  const written: string[] = []
  if (faults.length > 0) return { written, faults }
  if (mode === 'release') {
    for (const { file, schema } of unreleased(sources, readReleased(join(room, 'released')))) {
      writeFileSync(join(room, 'released', file), `${JSON.stringify(schema, null, 1)}\n`)
      written.push(`released/${file}`)
    }
  }
  const files = {
    'generated/types.ts': renderTypes(sources),
    'generated/envelopes.ts': renderEnvelopes(sources),
    'generated/schemas.ts': renderSchemas(sources, readReleased(join(room, 'released'))),
    'index.ts': renderFrontDoor(readFileSync(join(room, 'index.ts'), 'utf8'), sources),
  }
  mkdirSync(join(room, 'generated'), { recursive: true })
  for (const [file, text] of Object.entries(files)) {
    const path = join(room, file)
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    if (mode === 'check') {
      faults.push(
        `${file} differs from the schemas; run: node bin/node.js scripts/generate-avro.ts`,
      )
    } else {
      writeFileSync(path, text)
      written.push(file)
    }
  }
  return { written, faults }
}
