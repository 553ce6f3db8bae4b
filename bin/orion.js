#!/usr/bin/env node
/** The `orion` command for any Node: hands over to `cli/main.ts` under the Node 22 that npm brought along. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWithNode } from './node.js'

/** Records live until the next commit: with room for that (MiB), the garbage collector copies fewer of them. `perf/` starts Orion the same way. */
const YOUNG_GENERATION = '--max-semi-space-size=48'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
runWithNode([YOUNG_GENERATION, join(root, 'cli', 'main.ts'), ...process.argv.slice(2)])
