import { expect, test } from 'vitest'
import { USER_DATA_BYTES_MAX } from './bounded-json.ts'
import { decodeHeldTasks, encodeHeldTasks } from './held-tasks.ts'
import { decodeTaskAssignment, encodeTaskAssignment } from './task-assignment.ts'

const held = {
  processId: 'a',
  applicationServer: 'localhost:80',
  active: ['0_1', '0_2'],
  restoring: ['0_2'],
  standby: ['0_3'],
  stored: new Map([
    ['0_1', { position: 3, end: 7 }],
    ['0_3', { position: 0, end: 0 }],
  ]),
  joins: 4,
}

const assignment = {
  active: ['0_1'],
  standby: ['0_2'],
  warmup: ['0_2'],
  probing: true,
  removable: ['0_9'],
  processes: [{ processId: 'a', applicationServer: 'h:1', active: ['0_1'], standby: ['0_2'] }],
}

test('what a thread tells is read as it was written', () => {
  expect(decodeHeldTasks(encodeHeldTasks(held))).toEqual(held)
})

test('what an assignment tells is read as it was written', () => {
  expect(decodeTaskAssignment(encodeTaskAssignment(assignment))).toEqual(assignment)
})

test.each([
  ['nothing', ''],
  ['another version', '{"version":9,"processId":"a"}'],
  ['no text', '\u0000\u0001'],
  ['a list', '[]'],
  ['no process', '{"version":2}'],
])('user data that is %s holds nothing', (_, text) => {
  expect(decodeHeldTasks(Buffer.from(text))).toBeUndefined()
})

test('what is wrong inside is left out', () => {
  const text =
    '{"version":2,"processId":"a","active":["0_1",7],"stored":{"0_1":[1,-2],"0_2":"x","0_3":[5,2]}}'
  const decoded = decodeHeldTasks(Buffer.from(text))
  expect(decoded?.active).toEqual(['0_1'])
  expect(decoded?.stored).toEqual(new Map([['0_3', { position: 5, end: 5 }]]))
  expect(
    decodeTaskAssignment(Buffer.from('{"version":2,"processes":[1,null]}'))?.processes,
  ).toEqual([])
})

test('both are bounded: what is dispensable is left out first', () => {
  const many = new Map(
    Array.from({ length: 40_000 }, (_, index) => [`0_${index}`, { position: index, end: index }]),
  )
  const bytes = encodeHeldTasks({ ...held, stored: many })
  expect(bytes.length).toBeLessThan(USER_DATA_BYTES_MAX)
  expect([...(decodeHeldTasks(bytes)?.stored.keys() ?? [])]).toEqual(['0_1', '0_2', '0_3'])

  const processes = Array.from({ length: 20_000 }, () => assignment.processes).flat()
  const told = encodeTaskAssignment({ ...assignment, processes })
  expect(told.length).toBeLessThan(USER_DATA_BYTES_MAX)
  expect(decodeTaskAssignment(told)).toEqual({ ...assignment, processes: [], removable: [] })
})
