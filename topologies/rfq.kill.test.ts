import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { COMMIT_POINTS } from '#streams'

const CHILD = fileURLToPath(new URL('fixtures/rfq-kill-child.ts', import.meta.url))
/** Which RFQ dies at which passage: together they are spread over the whole of a life, and over the points of a commit. */
const PASSAGES = [2, 2, 5, 4, 7, 4, 9, 4]

type Line = readonly [sequence: number, eventType: string, state: string, version: number]

interface Printed {
  readonly events: readonly (readonly [string, readonly Line[]])[]
  readonly trades: readonly string[]
}

/** @returns what it printed; undefined when it was killed */
async function runChild(...args: readonly (string | number)[]): Promise<Printed | undefined> {
  const child = spawn(process.execPath, [CHILD, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const [code, signal] = await once(child, 'close')
  if (signal === 'SIGKILL') return undefined
  expect(code).toBe(0)
  return JSON.parse(printed)
}

const CREATED = [
  ['RFQCreated', 'CREATED', 1],
  ['RFQSent', 'SENT', 2],
] as const
/** What each RFQ comes to where nobody is killed. */
const LIVES: readonly (readonly (readonly [string, string, number])[])[] = [
  [
    ...CREATED,
    ['QuotesRanked', 'QUOTING', 3],
    ['QuotesRanked', 'QUOTING', 3],
    ['LastLookStarted', 'QUOTING', 3],
    ['QuoteAccepted', 'ACCEPTED', 4],
    ['RFQTraded', 'TRADED', 5],
  ],
  [...CREATED, ['RFQCancelled', 'CANCELLED', 3]],
  [...CREATED, ['RFQExpired', 'EXPIRED', 3]],
]
/** Of the one that expires, where nobody lived to send it in time. */
const TOO_LATE = [CREATED[0], ['RFQRejected', 'REJECTED', 2]]
const lifeOf = (index: number) => LIVES[index % 4 === 1 ? 1 : index % 4 === 3 ? 2 : 0]

/** What came again, and was told so, is not part of the story. */
const AGAIN = new Set(['RFQCommandRepeated', 'QuoteRejected'])

test('killed between any two events, the process leaves RFQs that end as they would have', {
  timeout: 180_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orion-rfq-kill-'))
  try {
    let kills = 0
    for (const [index, passage] of PASSAGES.entries()) {
      const point = COMMIT_POINTS[index % COMMIT_POINTS.length] ?? ''
      if ((await runChild(directory, index, point, passage)) === undefined) kills++
    }
    expect(kills).toBeGreaterThan(PASSAGES.length / 2)
    const end = await runChild(directory, PASSAGES.length - 1, '', 0)
    const lives = new Map(end?.events)
    expect(lives.size).toBe(PASSAGES.length)
    for (const index of PASSAGES.keys()) {
      const lines = lives.get(`R-${index}`) ?? []
      expect(lines.map(([sequence]) => sequence)).toEqual(lines.map((_, each) => each + 1))
      const story = lines.filter(([, eventType]) => !AGAIN.has(eventType))
      const expected = story.length === TOO_LATE.length ? TOO_LATE : lifeOf(index)
      if (expected === TOO_LATE) expect(lifeOf(index)).toBe(LIVES[2])
      expect(story.map(([, ...rest]) => rest)).toEqual(expected)
    }
    const traded = [...PASSAGES.keys()].filter((index) => lifeOf(index) === LIVES[0])
    expect([...(end?.trades ?? [])].sort()).toEqual(traded.map((index) => `R-${index}`).sort())
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
