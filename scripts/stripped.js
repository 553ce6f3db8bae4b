/**
 * Preloaded (`node --import`) into every process that the gate starts: TypeScript is stripped of its types once, not by each of some hundred
 * processes anew. What was stripped is kept by the hash of its text and the version of Node. Plain JavaScript: any Node may be given it, and
 * one that cannot strip goes on as it would without.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { registerHooks, stripTypeScriptTypes } = nodeModule
const ROOT = new URL('..', import.meta.url).href
const kept = process.env.ORION_STRIPPED

/** @param {string} path */
function stripped(path) {
  const source = readFileSync(path, 'utf8')
  const file = join(kept, createHash('sha1').update(source).digest('hex'))
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const code = stripTypeScriptTypes(source)
    keep(file, code)
    return code
  }
}

/** @type {(file: string, code: string) => void} */
function keep(file, code) {
  try {
    mkdirSync(dirname(file), { recursive: true })
    const written = `${file}-${process.pid}`
    writeFileSync(written, code)
    renameSync(written, file)
  } catch {
    // The next process strips it again.
  }
}

if (kept !== undefined && registerHooks !== undefined && stripTypeScriptTypes !== undefined) {
  registerHooks({
    load: (url, context, nextLoad) =>
      url.startsWith(ROOT) && url.endsWith('.ts') && !url.includes('/node_modules/')
        ? { format: 'module', source: stripped(fileURLToPath(url)), shortCircuit: true }
        : nextLoad(url, context),
  })
}
