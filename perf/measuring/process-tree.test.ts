import { expect, test } from 'vitest'
import { nameOf, processTree, treeUse } from './process-tree.ts'

test.each([
  ['npm start', 'npm'],
  ['npm start --data-dir /tmp/x', 'npm'],
  ['node bin/orion.js start --port 0', 'launcher'],
  ['/x/node --disable-warning=ExperimentalWarning /x/cli/main.ts start', 'orion'],
  ['/x/node --disable-warning=ExperimentalWarning /x/sink/embedded/engine-main.ts', 'clickhouse'],
  ['/usr/bin/java -jar x.jar', 'java'],
])('%s is called %s', (commandLine, name) => {
  expect(nameOf(commandLine)).toBe(name)
})

test('CPU is a share of one core by name, memory is as of the end', () => {
  const of = (pid: number, name: string, cpuSeconds: number, rssMiB: number) => ({
    ...{ pid, name, cpuSeconds, rssMiB },
  })
  const before = [of(1, 'orion', 10, 300), of(2, 'clickhouse', 4, 400)]
  const after = [of(1, 'orion', 11, 320), of(2, 'clickhouse', 4.1, 410), of(3, 'orion', 0.5, 50)]
  expect(treeUse(before, after, 10)).toEqual({
    seconds: 10,
    cpuPercentOf: { orion: 15, clickhouse: 1 },
    rssMiBOf: { orion: 370, clickhouse: 410 },
  })
})

test.skipIf(process.platform !== 'linux')('this process is in its tree with its memory', () => {
  const self = processTree(process.pid).find(({ pid }) => pid === process.pid)
  expect(self?.rssMiB).toBeGreaterThan(10)
  expect(self?.cpuSeconds).toBeGreaterThan(0)
})
