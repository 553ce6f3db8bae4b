import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { type ConformanceCase, caseFileSchema, caseSchema } from './case.ts'

export interface FoundCase {
  readonly file: string
  readonly conformanceCase: ConformanceCase
}

/** Something in a file that is not of the grammar; `caseId` where it can be told. */
export interface CaseFault {
  readonly file: string
  readonly caseId: string | undefined
  readonly category: string | undefined
  readonly what: string
}

export interface CasesRead {
  readonly cases: readonly FoundCase[]
  readonly faults: readonly CaseFault[]
  readonly files: readonly string[]
}

const SCHEMA_FILE = 'schema.json'
const FAULTS_SHOWN_MAX = 5

/** Every case of a file, or of the `.json` files of a folder and its folders. @throws when the path does not exist */
export function readCases(path: string): CasesRead {
  const files = caseFilesIn(path)
  const cases: FoundCase[] = []
  const faults: CaseFault[] = []
  for (const file of files) readFile(file, cases, faults)
  return { cases, faults, files }
}

function caseFilesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.json') && basename(name) !== SCHEMA_FILE)
    .filter((name) => !name.split(/[\\/]/).some(isHidden))
    .sort()
    .map((name) => join(path, name))
}

function isHidden(part: string): boolean {
  return part.startsWith('.') || part === 'node_modules'
}

function readFile(file: string, cases: FoundCase[], faults: CaseFault[]): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    faults.push({ file, caseId: undefined, category: undefined, what })
    return
  }
  const envelope = caseFileSchema.safeParse(parsed)
  if (!envelope.success) {
    faults.push({ file, caseId: undefined, category: undefined, what: issuesOf(envelope.error) })
    return
  }
  envelope.data.cases.forEach((candidate, index) => {
    const checked = caseSchema.safeParse(candidate)
    if (checked.success) cases.push({ file, conformanceCase: checked.data })
    else {
      const what = `cases[${index}] ${issuesOf(checked.error)}`
      const category = textOf(candidate, 'category')
      faults.push({ file, caseId: textOf(candidate, 'id'), category, what })
    }
  })
}

function issuesOf(error: z.ZodError): string {
  const shown = error.issues.slice(0, FAULTS_SHOWN_MAX).map((issue) => {
    const place = issue.path.map((part) =>
      typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
    )
    return `${place.join('').replace(/^\./, '') || 'the file'}: ${issue.message}`
  })
  const more = error.issues.length - shown.length
  return shown.join('; ') + (more > 0 ? `; ${more} more` : '')
}

function textOf(candidate: unknown, property: string): string | undefined {
  if (typeof candidate !== 'object' || candidate === null) return undefined
  const value = Object.entries(candidate).find(([name]) => name === property)?.[1]
  return typeof value === 'string' ? value : undefined
}
