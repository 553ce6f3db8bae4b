import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Part } from './results-file.ts'
import { type PartRequest, runPart } from './run-part.ts'

const JOB_FILE = join(import.meta.dirname, '..', 'job-main.ts')

/** Runs parts, several at a time, each in a process of its own that takes one part after the other. `goesOn` is asked before each part. */
export async function runParts(
  requests: readonly PartRequest[],
  jobs: number,
  done: (part: Part) => void,
  goesOn: () => boolean,
): Promise<void> {
  const open = [...requests]
  const next = () => (goesOn() ? open.shift() : undefined)
  if (jobs === 1 || requests.length === 1) {
    for (let request = next(); request !== undefined; request = next()) done(await runPart(request))
    return
  }
  const workers = Array.from({ length: Math.min(jobs, requests.length) }, async () => {
    const child = fork(JOB_FILE)
    try {
      for (let request = next(); request !== undefined; request = next()) {
        done(await ask(child, request))
      }
    } finally {
      child.kill()
    }
  })
  await Promise.all(workers)
}

function ask(child: ChildProcess, request: PartRequest): Promise<Part> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`a process ended with ${code} in seeds ${request.from}..${request.to}`))
    child.once('exit', ended)
    child.once('message', (part) => {
      child.off('exit', ended)
      resolve(part as Part)
    })
    child.send(request)
  })
}
