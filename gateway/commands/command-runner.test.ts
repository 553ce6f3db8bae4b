import { expect, test } from 'vitest'
import { noMetrics, Position } from '#streams'
import { type Command, CommandRunner } from './command-runner.ts'
import type { EventWrite, EventWriter } from './event-writer.ts'
import { Outcomes } from './outcomes.ts'

function house() {
  const outcomes = new Outcomes<string>(10)
  const written: string[] = []
  const digests = new Map<string, string>()
  const writer = {
    write: async ([write]: readonly EventWrite[]) => {
      written.push(String(write?.value))
      return Position.empty
    },
  } as unknown as EventWriter
  const runner = new CommandRunner({
    writer,
    outcomes,
    digestOf: (commandId) => digests.get(commandId),
    isRefusal: (outcome) => outcome === 'refused',
    waitMs: 5_000,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    metrics: noMetrics,
  })
  const command = (text: string, more: Partial<Command> = {}): Command => ({
    name: 'test',
    commandId: 'c',
    requestDigest: text,
    write: { topic: 't', partition: 0, key: Buffer.from('k'), value: Buffer.from(text) },
    ...more,
  })
  return { command, digests, outcomes, runner, written }
}

const REUSED = { status: 422, kind: 'idempotency-key-reused' }

test('another request with the key of one that is under way is refused, and not written', async () => {
  const { command, outcomes, runner, written } = house()
  const first = runner.run(command('one'))
  await expect(runner.run(command('two'))).rejects.toMatchObject(REUSED)
  const again = runner.run(command('one'))
  await Promise.resolve()
  outcomes.note('c', 'done')
  expect(await Promise.all([first, again])).toEqual(['done', 'done'])
  expect(written).toEqual(['one', 'one'])
})

test('one that is known is answered without a word, whatever now stands against it', async () => {
  const { command, digests, outcomes, runner, written } = house()
  digests.set('c', 'one')
  outcomes.note('c', 'done')
  const guard = () => {
    throw new Error('not now')
  }
  expect(await runner.run(command('one', { guard }))).toBe('done')
  await expect(runner.run(command('two'))).rejects.toMatchObject(REUSED)
  await expect(runner.run(command('three', { commandId: 'd', guard }))).rejects.toThrow('not now')
  expect(written).toEqual([])
})

test('when another gateway has taken the key for another request meanwhile, the answer is not its outcome', async () => {
  const { command, digests, outcomes, runner } = house()
  const late = runner.run(command('mine'))
  await Promise.resolve()
  digests.set('c', 'theirs')
  outcomes.note('c', 'done')
  await expect(late).rejects.toMatchObject(REUSED)
})
