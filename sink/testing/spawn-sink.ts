import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EngineHouse } from './sink-house.ts'

/** Runs a sink process; kills it so long after it started, or lets it finish. Its last line. */
export function spawnSink(
  { engine, serviceToken }: EngineHouse,
  directory: string,
  { rowsMax, killAfterMs }: { readonly rowsMax: number; readonly killAfterMs: number | undefined },
): Promise<string> {
  const script = fileURLToPath(new URL('./run-sink.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      script,
      directory,
      engine.url,
      serviceToken,
      String(rowsMax),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let last = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line
    if (line === 'started' && killAfterMs !== undefined)
      setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })
  return new Promise((resolve) => child.once('close', () => resolve(last)))
}
