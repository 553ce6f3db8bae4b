import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { type FakePeer, fakePeer } from './fake-peer.ts'

const MAIN = join(import.meta.dirname, '..', 'main.ts')

function ticks({ directory, environment }: FakePeer, ...more: readonly string[]): ChildProcess {
  const args = ['ticks', '--records', '1000', '--json', '--results', directory, ...more]
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess) {
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes')
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { stdout, stderr, status: status as number | null }
}

test('both sides in turn on one broker give one result', async () => {
  const peer = fakePeer()
  const { stdout, status } = await ended(ticks(peer, '--peer'))
  expect(JSON.parse(stdout)).toMatchObject({
    scenario: 'ticks',
    configuration: { program: 'snapshot', records: 1_000, caching: 'on', peer: true },
    runs: 2,
    figures: { orion: { recordsPerSecond: 50_000 }, timesAsFast: 1, timesTheCpu: 1 },
    outputVerified: true,
  })
  const round = ['run orion', 'run kafkaStreams']
  expect(peer.calls()).toEqual(['broker start', ...round, ...round, 'broker stop'])
  expect(status).toBe(0)
})

test('a wrong output is a fault, and the exit status is 1', async () => {
  const peer = fakePeer({ FAKE_WRONG: 'kafkaStreams' })
  const { stdout, status } = await ended(ticks(peer, '--peer', '--rounds', '1'))
  expect(JSON.parse(stdout)).toMatchObject({
    outputVerified: false,
    faults: ['kafkaStreams, round 1: outputs: 999, not 1000'],
  })
  expect(status).toBe(1)
})

test('without the JVM side it says so', async () => {
  const peer = fakePeer()
  const { stdout, stderr, status } = await ended(
    ticks({ ...peer, environment: { ...peer.environment, ORION_SHARED: '/nowhere' } }),
  )
  expect(stderr).toContain('ticks: Error: the JVM side of the comparison is not there')
  expect({ stdout, status }).toEqual({ stdout: '', status: 1 })
})

test('Ctrl-C, however often it comes, ends the observer and stops the broker', async () => {
  const peer = fakePeer({ FAKE_HANGS: 'yes', FAKE_STOPS_LATE: 'yes' })
  const child = ticks(peer)
  child.stderr?.resume()
  await expect.poll(() => peer.calls(), { timeout: 30_000 }).toContain('asleep')
  child.kill('SIGINT')
  await expect.poll(() => peer.calls(), { timeout: 30_000 }).toContain('broker stop')
  child.kill('SIGINT')
  writeFileSync(join(peer.directory, 'may-stop'), '')
  // The sleeper holds the observer's output: this ends only when both have.
  await once(child, 'close')
  expect(child.exitCode).toBe(1)
  expect(peer.calls()).toEqual(['broker start', 'run orion', 'asleep', 'broker stop'])
})
