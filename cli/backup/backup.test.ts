import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createBackup } from './create-backup.ts'
import { restoreBackup } from './restore-backup.ts'
import { padding, tarEnd, tarHeader } from './tar-writer.ts'

const LONG = `${'deep-'.repeat(15)}/${'name-'.repeat(20)}ü`

let place: string
let dataDir: string
let file: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'orion-backup-'))
  dataDir = join(place, 'data')
  file = join(place, 'backup.tar.gz')
  mkdirSync(join(dataDir, 'log'), { recursive: true })
  writeFileSync(join(dataDir, 'log', 'records'), Buffer.alloc(200_000, 'records'))
  writeFileSync(join(dataDir, 'log', 'LOCK'), '')
  writeFileSync(join(dataDir, 'empty'), '')
  writeFileSync(join(dataDir, 'secret'), 'hush')
  chmodSync(join(dataDir, 'secret'), 0o600)
  mkdirSync(join(dataDir, LONG, '..'), { recursive: true })
  writeFileSync(join(dataDir, LONG), 'far down')
  mkdirSync(join(dataDir, 'nothing'))
  symlinkSync('../log', join(dataDir, 'nothing', 'link'))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

const create = () => createBackup({ dataDir, file, version: '1.0.0', createdAt: 'now' })
const restore = (to: string, force = false) => restoreBackup({ file, dataDir: to, force })

describe('a backup', () => {
  test('brings back what it was made of, with rights and links, but for locks', async () => {
    expect(await create()).toMatchObject({ files: 4, bytes: 200_012, dataDirFormat: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const to = join(place, 'restored')
    await restore(to)
    expect(readFileSync(join(to, 'log', 'records'))).toEqual(
      readFileSync(join(dataDir, 'log', 'records')),
    )
    expect(readdirSync(to).sort()).toEqual(readdirSync(dataDir).sort())
    expect(readFileSync(join(to, LONG), 'utf8')).toBe('far down')
    expect(readlinkSync(join(to, 'nothing', 'link'))).toBe('../log')
    expect(statSync(join(to, 'secret')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(to, 'log', 'LOCK'))).toBe(false)
    expect(readdirSync(place).sort()).toEqual(['backup.tar.gz', 'data', 'restored'])
  })

  test('is never made over a file, nor into the directory itself', async () => {
    await create()
    await expect(create()).rejects.toThrow(/^BACKUP_EXISTS/)
    file = join(dataDir, 'inside')
    await expect(create()).rejects.toThrow(/^BACKUP_INSIDE/)
  })

  test('replaces a directory only when told to, and then all of it', async () => {
    await create()
    const to = join(place, 'used')
    mkdirSync(to)
    writeFileSync(join(to, 'mine'), '')
    await expect(restore(to)).rejects.toThrow(/^BACKUP_DIRECTORY_NOT_EMPTY/)
    expect(readdirSync(to)).toEqual(['mine'])
    await restore(to, true)
    expect(readdirSync(to).sort()).toEqual(readdirSync(dataDir).sort())
  })

  const archive = () => gunzipSync(readFileSync(file))

  const FAULTS: [string, () => Buffer, RegExp][] = [
    ['damaged content', () => flipped(archive(), 'recordsrecords'), /log\/records is damaged/],
    ['a damaged header', () => flipped(archive(), 'data/empty'), /a header of it is damaged/],
    ['a missing end', () => archive().subarray(0, 100_352), /ends too early/],
    ['another first entry', () => tar([['data/a', 'a']]), /does not begin as one/],
    ['no archive', () => Buffer.from('tea'), /ends too early/],
    ['a path that leads out', () => tar([header(1), ['data/../../evil', 'x']]), /leads out of it/],
    ['an absolute path', () => tar([header(1), ['/etc/evil', 'x']]), /is no part of one/],
    ['a hidden absolute path', () => tar([header(1), ['data//etc/evil', 'x']]), /leads out of it/],
    ['more than it says', () => tar([header(1), ['data/a', 'xx']]), /more than it says/],
    ['a file twice', () => tar([header(2, 2), ['data/a', 'x'], ['data/a', 'y']]), /is in it twice/],
    ['no manifest', () => tar([header(1), ['data/a', 'x']]), /manifest is missing/],
    [
      'a file that its manifest does not know',
      () => tar([header(1), ['data/a', 'x'], ['orion-manifest.json', '{"files":[]}']]),
      /its manifest does not know/,
    ],
    [
      'a link that leads out',
      () => Buffer.concat([tar([header(1)], false), link('data/l', '../../etc'), tarEnd()]),
      /link "l" leads out/,
    ],
  ]

  test.each(FAULTS)('%s is refused, and nothing is changed', async (_what, make, message) => {
    await create()
    const bytes = make()
    writeFileSync(file, gzipSync(bytes))
    const to = join(place, 'target')
    await expect(restore(to)).rejects.toThrow(message)
    await expect(restore(dataDir, true)).rejects.toThrow(/^BACKUP_INVALID/)
    expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toBe('hush')
    expect(readdirSync(place).sort()).toEqual(['backup.tar.gz', 'data'])
  })

  test('of a newer version, or larger than the disk, is refused before it is unpacked', async () => {
    writeFileSync(file, gzipSync(tar([header(1, 1, { dataDirFormat: 999 })])))
    await expect(restore(join(place, 'to'))).rejects.toThrow(/^BACKUP_TOO_NEW: .*version 9\.9\.9/)
    writeFileSync(file, gzipSync(tar([header(2 ** 52)])))
    await expect(restore(join(place, 'to'))).rejects.toThrow(/^BACKUP_NO_SPACE/)
    writeFileSync(file, 'tea')
    await expect(restore(join(place, 'to'))).rejects.toThrow(/^BACKUP_INVALID/)
    file = join(place, 'missing')
    await expect(restore(join(place, 'to'))).rejects.toThrow(/^BACKUP_NOT_FOUND/)
  })
})

function header(bytes: number, files = 1, more: object = {}): [string, string] {
  const about = { backupFormat: 1, version: '9.9.9', dataDirFormat: 0, createdAt: '', contains: [] }
  return [
    'orion-backup.json',
    JSON.stringify({ ...about, files, bytes, containsSecrets: true, ...more }),
  ]
}

function tar(entries: readonly (readonly [string, string])[], ended = true): Buffer {
  const parts = entries.flatMap(([path, text]) => {
    const size = Buffer.byteLength(text)
    const entry = { path, kind: 'file', mode: 0o600, size, target: '' } as const
    return [tarHeader(entry), Buffer.from(text), padding(size)]
  })
  return Buffer.concat([...parts, ...(ended ? [tarEnd()] : [])])
}

function link(path: string, target: string): Buffer {
  return tarHeader({ path, kind: 'symlink', mode: 0o700, size: 0, target })
}

function flipped(bytes: Buffer, at: string): Buffer {
  const index = bytes.indexOf(at)
  expect(index).toBeGreaterThan(0)
  bytes[index + 3] = (bytes[index + 3] as number) ^ 1
  return bytes
}
