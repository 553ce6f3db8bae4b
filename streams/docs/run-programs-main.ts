/**
 * Runs the programs that the arguments name, one after the other, in this process. Before what each prints comes a line with its path.
 *
 *   node run-programs-main.ts FILE.ts...
 */
import { pathToFileURL } from 'node:url'
import { PROGRAM_MARK } from './run-programs.ts'

for (const path of process.argv.slice(2)) {
  process.stdout.write(`${PROGRAM_MARK}${path}\n`)
  try {
    await import(pathToFileURL(path).href)
  } catch (error) {
    console.log(error)
  }
}
