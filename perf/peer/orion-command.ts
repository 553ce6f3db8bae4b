import { join, relative } from 'node:path'
import { NODE_FLAGS } from '../measuring/orion-process.ts'

/** Where Orion's side is started. */
export const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Orion's side as one line, which the observer splits at spaces: the `orion` command as it is installed, or, with arguments of Node, Node 22
 * itself, because the launcher would take them.
 */
export function orionCommand(nodeArguments: readonly string[]): string {
  const node = relative(ROOT, process.execPath)
  const words =
    nodeArguments.length === 0
      ? [node, 'bin/orion.js', 'peer-app']
      : [node, ...NODE_FLAGS, ...nodeArguments, 'cli/main.ts', 'peer-app']
  const spaced = words.find((word) => /\s/.test(word))
  if (spaced !== undefined) {
    throw new Error(`the comparison cannot start Orion from a path with spaces: ${spaced}`)
  }
  return words.join(' ')
}
