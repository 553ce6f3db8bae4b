import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { systemClock } from '../clock.ts'
import { until } from '../fixtures/app-harness.ts'
import { openKafkaLog } from '../log/kafka/kafka-log.ts'
import { silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import { AnswerChecks } from './fixtures/answer-checks.ts'
import { numberOfTotal, numberOfWindow, windowStartOf } from './fixtures/numbered-load.ts'
import { Caller, QueriedCluster } from './fixtures/queried-cluster.ts'
import { Position } from './position.ts'
import type { QueryTerms } from './service/query-client.ts'
import { QueryProblem } from './service/query-problem.ts'
import type { QueryAnswer } from './service/query-routes.ts'

const { brokers = [], missing } = await brokerForTests()
const PARTITIONS = 3
/** A standby hears of what was committed within this time, on a busy machine too. */
const UNHEARD_MS_MAX = 2_000
const WINDOWS = 20
/** From the kill to the last call: what has not come by then is missed below. */
const LONGEST_MS = 60_000

let directory: string
let cluster: QueriedCluster

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orion-queried-'))
  const ports = { clock: systemClock, logger: silentLogger, metrics: noMetrics }
  const log = await openKafkaLog({
    brokers,
    clientId: 'kill-queried-test',
    retryForMs: 20_000,
    ...ports,
  })
  const run = randomUUID().slice(0, 8)
  const place = { log, brokers, directory, run }
  cluster = await QueriedCluster.open({ ...place, instances: 3, partitions: PARTITIONS })
  await cluster.settled()
})

afterEach(async () => {
  await cluster.close()
  rmSync(directory, { recursive: true, force: true })
})

/** What several callers ask of the cluster, each answer checked. */
function callers(first: QueriedCluster['instances'][number], checks: AnswerChecks) {
  const { load } = cluster
  const keys = load.keys.flat()
  const client = cluster.client(first)
  const keyOf = (call: number) => keys[call % keys.length] ?? ''
  const terms: QueryTerms = { stale: 'allowed', timeoutMs: 30_000 }
  const checked = async (asked: () => Promise<QueryAnswer>) => {
    const askedAtMs = performance.now()
    const answer = await asked()
    checks.totals(answer, askedAtMs, performance.now())
    return answer
  }
  const told = new Map<string, { readonly number: number; readonly position: Position }>()

  /** Each answer reflects at least what the one before did. */
  const forward = async (call: number) => {
    const key = keyOf(call)
    const before = told.get(key)
    const positionBound = (before?.position ?? Position.empty).toJSON()
    const answer = await checked(() => client.get('totals', key, { ...terms, positionBound }))
    const number = numberOfTotal(Number(answer.rows[0]?.value))
    if (number < (before?.number ?? 0))
      checks.fault(`${key}: ${number} after ${before?.number} in spite of the bound`)
    told.set(key, { number, position: Position.fromJson(answer.position) })
    return answer
  }
  const ownWrites = async (call: number) => {
    const key = keyOf(call)
    const { rounds } = load
    const bound = { positionBound: load.written(key) }
    const answer = await checked(() => client.get('totals', key, { ...terms, ...bound }))
    const number = numberOfTotal(Number(answer.rows[0]?.value))
    if (number < rounds) checks.fault(`${key}: ${number}, but ${rounds} were written and asked for`)
    return answer
  }
  const windows = async (call: number) => {
    const key = keyOf(call)
    const fromMs = windowStartOf(load.rounds - WINDOWS)
    const answer = await client.fetchWindows('windows', key, { ...terms, fromMs })
    const numbers = answer.rows.map(numberOfWindow)
    if (numbers.some((number, index) => number !== (numbers[0] ?? 0) + index))
      checks.fault(`${key}: windows ${numbers} have a gap`)
    const last = numbers.at(-1) ?? 0
    const least = load.countAt(key, answer.position)
    if (last < least && last > 0) checks.fault(`${key}: windows to ${last}, not to ${least}`)
    return answer
  }
  const all = async () => {
    const answer = await checked(() => client.all('totals', terms))
    if (answer.rows.length !== keys.length)
      checks.fault(`a range has ${answer.rows.length} of ${keys.length} keys`)
    return answer
  }
  return {
    get: new Caller((call) => checked(() => client.get('totals', keyOf(call), terms))),
    range: new Caller(all),
    windows: new Caller(windows),
    forward: new Caller(forward),
    'own writes': new Caller(ownWrites),
  }
}

describe.skipIf(brokers.length === 0)(`one of three instances is killed${missing}`, () => {
  test('queries that allow stale reads go on: from standbys, marked, then from the new owner', async () => {
    const { load, instances } = cluster
    const key = load.keys[0]?.[0] ?? ''
    const victim = await cluster.ownerOf(key)
    const lost = (await cluster.ownedBy(victim)).map((partition) => `0_${partition}`)
    const survivors = instances.filter((one) => one !== victim)
    const checks = new AnswerChecks(load)
    const asking = callers(victim, checks)
    const everyone = Object.values(asking)
    const seen: QueryAnswer[] = []
    await until(() => everyone.every(({ calls }) => calls >= 5))
    const staleBefore = everyone.map(({ stale }) => stale)
    for (const one of survivors) one.restores.length = 0

    const watching = cluster.client(victim)
    const killedAtMs = performance.now()
    await victim.kill()
    let firstMs: number | undefined
    for (;;) {
      const answer = await watching.get('totals', key, { stale: 'allowed' })
      firstMs ??= performance.now() - killedAtMs
      seen.push(answer)
      if (!answer.stale || performance.now() > killedAtMs + LONGEST_MS) break
    }
    const freshAfterMs = performance.now() - killedAtMs
    const isOver = ({ freshInARow, problems }: Caller) => freshInARow >= 5 || problems.length > 0
    await until(() => everyone.every(isOver) || performance.now() > killedAtMs + LONGEST_MS)
    // Now: the last call of one that has been answered afresh long since may meet a rebalance.
    const wereOver = everyone.map(isOver)
    await Promise.all(everyone.map((one) => one.end()))

    const stale = seen.filter((answer) => answer.stale)
    const parts = stale.flatMap((answer) => answer.parts)
    const owner = seen.at(-1)?.parts[0]
    const restored = survivors.flatMap(({ restores }) => restores)
    const ownRestores = restored.filter(({ taskId }) => lost.includes(taskId))
    const ages = checks.understated.map(({ ageMs }) => Math.round(ageMs))
    process.stdout.write(
      `${JSON.stringify({
        callers: Object.fromEntries(
          Object.entries(asking).map(
            ([name, { calls, stale: staleCalls, longestMs, freshInARow }]) => [
              name,
              { calls, stale: staleCalls, longestMs: Math.round(longestMs), freshInARow },
            ],
          ),
        ),
        staleBefore,
        firstAnswerMs: Math.round(firstMs ?? 0),
        freshAfterMs: Math.round(freshAfterMs),
        lags: [...new Set(parts.map(({ lag }) => lag))],
        unheard: { times: ages.length, oldestMs: Math.max(0, ...ages) },
        restored: ownRestores.map(({ store, from, endOffset }) => `${store} ${from}..${endOffset}`),
      })}\n`,
    )
    expect(
      Object.entries(asking).flatMap(([name, one]) => one.problems.map((p) => `${name}: ${p}`)),
    ).toEqual([])
    expect(checks.faults).toEqual([])
    expect(wereOver).toEqual(everyone.map(() => true))
    expect(stale.length).toBeGreaterThan(0)
    for (const { role, lag, host, position } of parts) {
      expect(role).toBe('standby')
      expect(survivors.map(({ name }) => name)).toContain(host)
      expect(lag).toBeGreaterThanOrEqual(0)
      expect(position[load.topic]?.[load.partitionOf(key)]).toBeGreaterThan(0)
    }
    expect(owner).toMatchObject({ role: 'active', lag: null })
    expect(survivors.map(({ name }) => name)).toContain(owner?.host)
    for (const one of ages) expect(one).toBeLessThan(UNHEARD_MS_MAX)
    expect(ownRestores.filter(({ from, endOffset }) => from === 0 && endOffset > 0)).toEqual([])
  })

  test('queries that want fresh answers wait for the new owner, or say that they may be repeated', async () => {
    const { load } = cluster
    const key = load.keys[0]?.[0] ?? ''
    const victim = await cluster.ownerOf(key)
    const checks = new AnswerChecks(load)
    const client = cluster.client(victim)
    await victim.kill()

    const patientAtMs = performance.now()
    const patient = client.get('totals', key, { timeoutMs: 30_000 })
    const problems: QueryProblem[] = []
    const impatient: number[] = []
    for (;;) {
      const askedAtMs = performance.now()
      try {
        const answer = await client.get('totals', key, { timeoutMs: 400 })
        checks.totals(answer, askedAtMs, performance.now())
        expect(answer.stale).toBe(false)
        break
      } catch (problem) {
        if (!(problem instanceof QueryProblem)) throw problem
        problems.push(problem)
        impatient.push(performance.now() - askedAtMs)
      }
    }
    const answer = await patient
    checks.totals(answer, patientAtMs, performance.now())
    process.stdout.write(
      `${JSON.stringify({
        refused: problems.length,
        longestRefusalMs: Math.round(Math.max(...impatient)),
        patientMs: Math.round(performance.now() - patientAtMs),
      })}\n`,
    )
    expect(answer).toMatchObject({ stale: false, parts: [{ role: 'active' }] })
    expect(problems.length).toBeGreaterThan(0)
    for (const { kind, details } of problems) {
      expect(kind).toBe('unavailable')
      expect(details.retryAfterS).toBe(1)
    }
    expect(checks.faults).toEqual([])
  })
})
