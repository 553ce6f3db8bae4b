import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface FakePeer {
  readonly directory: string
  /** Of a program that is to meet it instead of the JVM side. */
  readonly environment: NodeJS.ProcessEnv
  /** What its programs were asked to do, in order. */
  calls(): readonly string[]
}

/** Prints a right line for the records asked for, a wrong one for the side in FAKE_WRONG; sleeps with FAKE_HANGS. */
const RUN = `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --label) label="$2" ;; --n) n="$2" ;; --out) out="$2" ;; esac
  shift 2
done
echo "run $label" >> "$FAKE_CALLS"
if [ -n "$FAKE_HANGS" ]; then sh -c 'echo asleep >> "$FAKE_CALLS"; exec sleep 600'; fi
outputs=$n
if [ "$label" = "$FAKE_WRONG" ]; then outputs=$((n - 1)); fi
echo "loaded $n ticks" >&2
echo '{"meta":{"kafka":"4.3.1"},"results":[]}' > "$out"
echo "{\\"app\\":\\"snapshot\\",\\"recordsPerSec\\":50000,\\"appCpuSec\\":2,\\"brokerCpuSec\\":1,\\"otherCpuSec\\":0,\\"peakRssMiB\\":300,\\"outputs\\":$outputs,\\"outputKeys\\":500,\\"sumOfLastCounts\\":$n}"
`
/** With FAKE_STOPS_LATE it stops only when there is a file `may-stop`. */
const BROKER = `#!/bin/sh
echo "broker $1" >> "$FAKE_CALLS"
if [ "$1$FAKE_STOPS_LATE" = stopyes ]; then
  until [ -e "$ORION_SHARED/may-stop" ]; do sleep 0.05; done
fi
`

/** A folder with scripts in the place of the JVM side, Java and Maven; gone when the test is over. */
export function fakePeer(more: Readonly<Record<string, string>> = {}): FakePeer {
  const directory = mkdtempSync(join(tmpdir(), 'orion-fake-peer-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const calls = join(directory, 'calls')
  writeFileSync(calls, '')
  const scripts = { 'peer/run.sh': RUN, 'peer/broker.sh': BROKER, 'bin/java': '#!/bin/sh\n' }
  for (const folder of ['peer', 'bin']) mkdirSync(join(directory, folder))
  for (const [path, text] of Object.entries({ ...scripts, 'bin/mvn': '#!/bin/sh\n' })) {
    writeFileSync(join(directory, path), text)
    chmodSync(join(directory, path), 0o755)
  }
  return {
    directory,
    environment: {
      ...process.env,
      PATH: `${join(directory, 'bin')}:${process.env['PATH']}`,
      ORION_SHARED: directory,
      FAKE_CALLS: calls,
      ...more,
    },
    calls: () => readFileSync(calls, 'utf8').trim().split('\n'),
  }
}
