import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { PageProgram } from './page-programs.ts'

export const PROGRAM_MARK = '\u0001program '
const BLOCK_MARK = '\u0001block '

const DOCS = import.meta.dirname
const ROOT = join(DOCS, '..', '..')
const COMPILER = join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc')
/** Of the compiler, and of all programs together. */
const LIMITS = { cwd: ROOT, maxBuffer: 16 * 1024 * 1024, timeout: 100_000 } as const

const execute = promisify(execFile)

export interface ProgramsRun {
  /** What each program's blocks printed, by the program's name. */
  readonly printed: ReadonlyMap<string, readonly string[]>
  /** The compiler's complaints; empty when every program is of sound types. */
  readonly faults: string
}

/** Writes the programs into an ignored folder of this one, then type-checks and runs them all, each in one process. */
export async function runPrograms(programs: readonly PageProgram[]): Promise<ProgramsRun> {
  mkdirSync(join(DOCS, '.orion-docs'), { recursive: true })
  const directory = mkdtempSync(join(DOCS, '.orion-docs', 'run-'))
  try {
    const paths = programs.map((program) => join(directory, `${program.name}.ts`))
    for (const [index, program] of programs.entries())
      writeFileSync(paths[index] ?? '', textOf(program))
    const [faults, output] = await Promise.all([typeCheck(directory, paths), run(paths)])
    const printed = new Map<string, readonly string[]>()
    for (const part of output.split(PROGRAM_MARK).slice(1)) {
      const [first = '', ...blocks] = part.split(new RegExp(`${BLOCK_MARK}.*\\n`))
      const index = paths.indexOf(first.trim())
      printed.set(programs[index]?.name ?? first, blocks)
    }
    return { printed, faults }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function textOf({ imports, blocks }: PageProgram): string {
  const parts = blocks.map(
    ({ line, code }) => `console.log(${JSON.stringify(`${BLOCK_MARK}${line}`)})\n${code}`,
  )
  // Without an import or an export a file is not a module.
  return `${imports}${parts.join('')}export {}\n`
}

async function run(paths: readonly string[]): Promise<string> {
  const main = join(DOCS, 'run-programs-main.ts')
  const { stdout } = await execute(process.execPath, [main, ...paths], LIMITS)
  return stdout
}

async function typeCheck(directory: string, files: readonly string[]): Promise<string> {
  const config = join(directory, 'tsconfig.json')
  // A page's imports are those of all its programs.
  const compilerOptions = { noUnusedLocals: false }
  const content = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions,
    files,
    include: [],
  }
  writeFileSync(config, JSON.stringify(content))
  try {
    await execute(COMPILER, ['-p', config, '--pretty', 'false'], LIMITS)
    return ''
  } catch (error) {
    // The compiler ends with a status of its own when it complains; what it says of files outside is for the gate's own check.
    if (!(error instanceof Error && 'stdout' in error) || error.stdout === '') throw error
    return aboutFilesIn(relative(ROOT, directory), String(error.stdout))
  }
}

/** A complaint is a line that begins with a path, and the indented lines behind it. */
function aboutFilesIn(directory: string, complaints: string): string {
  return complaints
    .split(/\n(?=\S)/)
    .filter((complaint) => complaint.startsWith(directory))
    .join('\n')
}
