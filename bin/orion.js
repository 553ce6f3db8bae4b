#!/usr/bin/env node
/** The `orion` command for any Node: hands over to `cli/main.ts` under the Node 22 that npm brought along. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWithNode } from './node.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
runWithNode([join(root, 'cli', 'main.ts'), ...process.argv.slice(2)])
