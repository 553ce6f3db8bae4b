import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedRegistry } from '../index.ts'
import { person } from '../testing/person-schema.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orion-registry-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const journal = () => join(directory, 'schema-registry.jsonl')

test('everything is there after reopening', async () => {
  const first = openEmbeddedRegistry({ directory })
  await first.register('a-value', person([]))
  await first.register('a-value', person([{ name: 'age', type: 'int', default: 0 }]))
  await first.register('b-value', person([]))
  await first.setCompatibility('a-value', 'FULL')
  first.store.setLevel(null, 'NONE')
  first.store.deleteVersion('a-value', 1, false)
  await first.close()
  const again = openEmbeddedRegistry({ directory })
  expect(await again.versions('a-value')).toMatchObject([{ version: 2, id: 2 }])
  expect(again.store.versions('a-value', { deleted: true })).toHaveLength(2)
  expect(await again.versions('b-value')).toMatchObject([{ version: 1, id: 1 }])
  expect(again.store.ownLevel('a-value')).toBe('FULL')
  expect(again.store.defaultLevel).toBe('NONE')
  expect(await again.register('c-value', { type: 'record', name: 'test.New', fields: [] })).toBe(3)
  await again.close()
})

test('a change that was cut off by a crash is dropped, and the next one stands on its own line', async () => {
  const first = openEmbeddedRegistry({ directory })
  await first.register('a-value', person([]))
  await first.close()
  appendFileSync(journal(), '{"kind":"register","subject":"b-value","ver')
  const again = openEmbeddedRegistry({ directory })
  expect(again.store.subjects({ deleted: true })).toEqual(['a-value'])
  await again.register('c-value', person([]))
  await again.close()
  const third = openEmbeddedRegistry({ directory })
  expect(third.store.subjects({ deleted: true })).toEqual(['a-value', 'c-value'])
  await third.close()
})

test('a line that is damaged in the middle is refused, with the file and line', () => {
  writeFileSync(journal(), '{"kind":"config","subject":null,"level":"NONE"}\nnonsense\n')
  expect(() => openEmbeddedRegistry({ directory })).toThrow(
    /REGISTRY_DAMAGED: line 2 .*schema-registry\.jsonl/,
  )
})

test('whatever was acknowledged before kill -9 is there afterwards', async () => {
  const script = fileURLToPath(new URL('../testing/register-forever.ts', import.meta.url))
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    script,
    directory,
  ])
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === 20) child.kill('SIGKILL')
  }
  await exited
  expect(acknowledged.length).toBeGreaterThanOrEqual(20)
  const registry = openEmbeddedRegistry({ directory })
  for (const line of acknowledged) {
    const [subject = '', id = ''] = line.split(' ')
    expect(await registry.versions(subject)).toMatchObject([{ version: 1, id: Number(id) }])
  }
  await registry.close()
  expect(readFileSync(journal(), 'utf8').endsWith('\n')).toBe(true)
})
