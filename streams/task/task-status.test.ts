import { describe, expect, test } from 'vitest'
import { nextStreamsStatus, STREAMS_TRANSITIONS } from '../streams-status.ts'
import { nextThreadStatus, THREAD_TRANSITIONS } from '../worker/thread-status.ts'
import { nextTaskStatus, TASK_TRANSITIONS } from './task-status.ts'

const TASK = `
  status     opened     restored  revive   suspend    close
  CREATED    RESTORING  -         CREATED  SUSPENDED  -
  RESTORING  -          RUNNING   CREATED  SUSPENDED  -
  RUNNING    -          -         CREATED  SUSPENDED  -
  SUSPENDED  -          -         -        -          CLOSED
  CLOSED     -          -         -        -          -
`

const THREAD = `
  status               start     revoked             assigned             tasks-running  shutdown          stopped
  CREATED              STARTING  -                   -                    -              PENDING_SHUTDOWN  -
  STARTING             -         PARTITIONS_REVOKED  PARTITIONS_ASSIGNED  -              PENDING_SHUTDOWN  -
  PARTITIONS_REVOKED   -         PARTITIONS_REVOKED  PARTITIONS_ASSIGNED  -              PENDING_SHUTDOWN  -
  PARTITIONS_ASSIGNED  -         PARTITIONS_REVOKED  PARTITIONS_ASSIGNED  RUNNING        PENDING_SHUTDOWN  -
  RUNNING              -         PARTITIONS_REVOKED  PARTITIONS_ASSIGNED  RUNNING        PENDING_SHUTDOWN  -
  PENDING_SHUTDOWN     -         PENDING_SHUTDOWN    -                    -              PENDING_SHUTDOWN  DEAD
  DEAD                 -         -                   -                    -              -                 -
`

const STREAMS = `
  status            start        rebalance    all-running  shutdown          stopped      fail
  CREATED           REBALANCING  -            -            PENDING_SHUTDOWN  -            -
  REBALANCING       -            REBALANCING  RUNNING      PENDING_SHUTDOWN  -            PENDING_ERROR
  RUNNING           -            REBALANCING  RUNNING      PENDING_SHUTDOWN  -            PENDING_ERROR
  PENDING_SHUTDOWN  -            -            -            -                 NOT_RUNNING  -
  NOT_RUNNING       -            -            -            -                 -            -
  PENDING_ERROR     -            -            -            -                 ERROR        -
  ERROR             -            -            -            PENDING_SHUTDOWN  -            -
`

interface Move {
  readonly status: string
  readonly input: string
  readonly result: string
}

function moves(table: string): Move[] {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return rows.flatMap(([status = '', ...results]) =>
    results.map((result, index) => ({ status, input: head[index + 1] ?? '', result })),
  )
}

const MACHINES = [
  ['a task', TASK, TASK_TRANSITIONS, nextTaskStatus],
  ['a thread', THREAD, THREAD_TRANSITIONS, nextThreadStatus],
  ['an application', STREAMS, STREAMS_TRANSITIONS, nextStreamsStatus],
] as const

for (const [machine, table, transitions, next] of MACHINES) {
  describe(machine, () => {
    for (const { status, input, result } of moves(table)) {
      test(`that is ${status} and gets ${input} becomes ${result}`, () => {
        const follow = next as (status: string, input: string) => string | undefined
        expect(follow(status, input) ?? '-').toBe(result)
      })
    }

    test('has every state in its table', () => {
      expect([...new Set(moves(table).map(({ status }) => status))]).toEqual(
        Object.keys(transitions),
      )
    })
  })
}
