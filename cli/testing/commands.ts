import { expect } from 'vitest'
import { orion } from './run-orion.ts'

export interface Commands {
  /** Rows of a command that prints JSON lines. */
  lines(...args: readonly string[]): Promise<Record<string, unknown>[]>
  /** What a command prints that succeeds, and says nothing on stderr. */
  succeed(...args: readonly string[]): Promise<string>
  /** The line on stderr of a command that fails. */
  refusal(...args: readonly string[]): Promise<string>
}

/** Real `orion` commands on one installation. @param place flags that name it, asked for at each command */
export function commandsOn(place: () => readonly string[]): Commands {
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await orion(...args, ...place())
    expect(status, stderr).toBe(0)
    expect(stderr).toBe('')
    return stdout
  }
  return {
    succeed,
    lines: async (...args) => {
      const stdout = await succeed(...args, '--json')
      const lines = stdout.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    refusal: async (...args) => {
      const { status, stdout, stderr } = await orion(...args, ...place())
      expect(status, stdout).toBe(1)
      expect(stderr).toMatch(/^orion: [^\n]+\n$/)
      return stderr
    },
  }
}
