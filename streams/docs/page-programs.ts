/** A ts block of a page, and what it prints: the text block right behind it, or nothing. */
interface PageBlock {
  readonly line: number
  readonly code: string
  readonly prints: string
}

/** A block that stands for itself, and those behind it that go on with it. */
export interface PageProgram {
  readonly name: string
  /** Imports and helpers that every program of the page begins with. */
  readonly imports: string
  readonly blocks: readonly PageBlock[]
}

/**
 * The programs of a page. A block marked `ts imports` is put before each of the page's programs, one marked `ts` begins a program, and
 * one marked `ts continued` goes on with the program above it. There is no mark for code that does not run.
 */
export function pagePrograms(page: string, markdown: string): readonly PageProgram[] {
  const programs: { name: string; imports: string; blocks: PageBlock[] }[] = []
  let imports = ''
  let before: Fence | undefined
  for (const fence of fencesOf(markdown)) {
    const { mark, line, body } = fence
    if (mark === 'ts imports') imports += body
    else if (mark === 'ts') {
      const name = `${page}-${programs.length + 1}`
      programs.push({ name, imports, blocks: [{ line, code: body, prints: '' }] })
    } else if (mark === 'ts continued') {
      const program = programs.at(-1)
      if (program === undefined) throw new Error(`${page}:${line} continues nothing`)
      program.blocks.push({ line, code: body, prints: '' })
    } else if (mark.startsWith('ts')) throw new Error(`${page}:${line} has the mark "${mark}"`)
    else if (mark === 'text') {
      const blocks = programs.at(-1)?.blocks
      const last = blocks?.at(-1)
      if (blocks === undefined || last === undefined || before?.mark.startsWith('ts') !== true) {
        throw new Error(`${page}:${line} is printed by no block`)
      }
      blocks[blocks.length - 1] = { ...last, prints: body }
    }
    before = fence
  }
  return programs
}

interface Fence {
  readonly mark: string
  readonly line: number
  readonly body: string
}

function fencesOf(markdown: string): readonly Fence[] {
  const fences: Fence[] = []
  let open: { mark: string; line: number; body: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) open?.body.push(line)
    else if (open === undefined) open = { mark: line.slice(3).trim(), line: index + 1, body: [] }
    else {
      fences.push({ ...open, body: open.body.map((each) => `${each}\n`).join('') })
      open = undefined
    }
  }
  return fences
}
