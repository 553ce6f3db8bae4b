import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { EmbeddedLog } from './embedded-log.ts'
import { inDirectory, openLog } from './fixtures/open-log.ts'

const WRITER = fileURLToPath(new URL('./fixtures/crash-writer.ts', import.meta.url))
/** Transactions that a writer may finish before it is killed; the kill itself comes at a moment of its own. */
const KILL_AFTER = [1, 40, 3, 150, 17, 400]

test('killed at any moment, the log holds every acknowledged transaction whole, and nothing of another', async () => {
  await inDirectory(async (directory) => {
    for (const count of KILL_AFTER) {
      const acknowledged = await writeUntilKilled(directory, count)
      const log = await openLog(directory)
      const [left, right] = [await values(log, 0), await values(log, 1)]
      const [offset] = await log.admin.groupOffsets('pairs', [{ topic: 'pairs', partition: 0 }])
      expect(left).toEqual(right)
      expect(left).toEqual(left.map((_, index) => `${index}`))
      expect(offset?.offset).toBe(left.length)
      expect(left.length).toBeGreaterThan(acknowledged)
      const at = [0, 1].map((partition) => ({ topic: 'pairs', partition }))
      expect(await log.admin.offsets(at, 'latest')).toEqual([left.length, left.length])
      await log.close()
    }
  })
})

test('a directory that a living process holds cannot be opened', async () => {
  await inDirectory(async (directory) => {
    const log = await openLog(directory)
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await log.close()
    await (await openLog(directory)).close()
  })
})

/** @returns the last transaction that was acknowledged before the kill */
async function writeUntilKilled(directory: string, count: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  writer.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const exited = once(writer, 'exit')
  let last = -1
  let seen = 0
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line)
    seen += 1
    if (seen === count) writer.kill('SIGKILL')
  }
  const [, signal] = await exited
  expect(signal, errors).toBe('SIGKILL')
  expect(seen).toBeGreaterThanOrEqual(count)
  return last
}

async function values(log: EmbeddedLog, partition: number): Promise<string[]> {
  const reader = await log.createPartitionReader({ clientId: 'test' })
  await reader.assign([{ topic: 'pairs', partition, offset: 0 }])
  const read: string[] = []
  for (;;) {
    const batches = await reader.poll({ maxWaitMs: 0 })
    if (batches.length === 0) break
    for (const { records } of batches) read.push(...records.map(({ value }) => `${value}`))
  }
  await reader.close()
  return read
}
