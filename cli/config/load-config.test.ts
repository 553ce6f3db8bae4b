import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from './load-config.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orion-config-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('flags win over the environment, the environment over the file, the file over the defaults', () => {
  const file = fileOf({ port: 1, sqlPort: 1, rate: 1 })
  const config = loadConfig({
    flags: { port: '3' },
    environment: { ORION_PORT: '2', ORION_SQL_PORT: '2' },
    file,
  })
  expect([config.port, config.sqlPort, config.rate, config.registryPort]).toEqual([3, 2, 1, 8081])
})

test('a list is repeated on the command line and separated by commas in the environment', () => {
  expect(
    loadConfig({ flags: { topology: ['bars', 'snapshots'] }, environment: {} }).topology,
  ).toEqual(['bars', 'snapshots'])
  expect(
    loadConfig({ flags: {}, environment: { ORION_TOPOLOGY: 'bars,snapshots' } }).topology,
  ).toEqual(['bars', 'snapshots'])
})

test('an empty variable counts as not set', () => {
  expect(loadConfig({ flags: {}, environment: { ORION_PORT: '' } }).port).toBe(8080)
})

const FAULTS = [
  [{ port: 'x' }, '--port has to be a number, not "x"'],
  [{ port: '1.5' }, '--port has to be a whole number, not "1.5"'],
  [{ port: '70000' }, '--port has to be at most 65535, not "70000"'],
  [{ host: '' }, '--host must not be empty, not ""'],
  [{ feed: 'tape' }, '--feed has to be one of simulator, replay, none, not "tape"'],
  [{ rate: '-3' }, '--rate has to be at least 0.1, not "-3"'],
  [{ diskMax: '1' }, '--disk-max has to be at least 1GB, not "1"'],
  [{ diskMax: 'much' }, '--disk-max has to be a size such as 500MB or 5GB'],
  [{ startTime: 'soon' }, '--start-time has to be an ISO 8601 time such as'],
  [{ speed: 'fast' }, '--speed has to be a factor from 0.01 to 1000000, or max, not "fast"'],
  [{ brokers: 'a' }, '--brokers has to be host:port, separated by commas, not "a"'],
  [{ registry: 'ftp://a' }, '--registry has to be a URL that begins with http:// or https://'],
  [
    { topology: ['tea'] },
    '--topology has to be one of market-data, snapshots, bars, rfq, execution, post-trade, analytics, alerts, not "tea"',
  ],
  [{ feed: 'replay' }, '--feed replay needs --replay FILE or DIRECTORY'],
  [{ ticks: '5', feed: 'none' }, '--ticks goes with --feed simulator'],
  [{ queryPort: '0' }, '--query-port goes with --brokers'],
  [{ queryPort: '0', brokers: 'a:1', host: '0.0.0.0' }, '--query-port needs --query-host'],
  [{ queryHost: 'a b' }, '--query-host has to be a host name or an address'],
  [{ role: 'streams' }, '--role streams needs --brokers'],
  [{ role: 'gateway' }, '--role gateway needs --clickhouse URL'],
] as const

test.each(FAULTS)('%j is refused: %s', (flags, message) => {
  expect(() => loadConfig({ flags, environment: {} })).toThrow(message)
})

test('every fault is reported at once, each with where it was given', () => {
  const file = fileOf({ instruments: 0, colour: 'red' })
  expect(() =>
    loadConfig({ flags: { port: 'x' }, environment: { ORION_THREADS: '0' }, file }),
  ).toThrow(
    new RegExp(
      `colour in ${file} is not an option; --port has.*ORION_THREADS has.*instruments in ${file} has`,
    ),
  )
})

test('a configuration file that cannot be read is named, with the reason', () => {
  const file = join(directory, 'broken.json')
  writeFileSync(file, '{"port": ')
  expect(() => loadConfig({ flags: {}, environment: {}, file })).toThrow(/broken\.json.*JSON/)
  writeFileSync(file, '[1]')
  expect(() => loadConfig({ flags: {}, environment: {}, file })).toThrow(/as a JSON object/)
  expect(() =>
    loadConfig({ flags: {}, environment: {}, file: join(directory, 'absent.json') }),
  ).toThrow(/absent\.json/)
})

function fileOf(content: object): string {
  const file = join(directory, 'orion.json')
  writeFileSync(file, JSON.stringify(content))
  return file
}
