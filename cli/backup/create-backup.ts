import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { StreamsError } from '#streams'
import { dataDirFormat } from '../start/data-dir-format.ts'
import {
  BACKUP_FORMAT,
  type BackupHeader,
  type BackupManifest,
  DATA_PREFIX,
  HEADER_PATH,
  MANIFEST_PATH,
} from './manifest.ts'
import { padding, type TarEntry, tarEnd, tarHeader } from './tar-writer.ts'

/** Content is mostly compressed already. */
const GZIP_LEVEL = 1

export interface CreateBackupOptions {
  /** That this process has taken: nothing writes to it. */
  readonly dataDir: string
  readonly file: string
  readonly version: string
  readonly createdAt: string
  readonly onProgress?: (bytes: number, total: number) => void
}

/**
 * One file with everything that a data directory holds: a gzipped tar of a header, the content, and a manifest with the SHA-256 of every file.
 * It has keys and passwords in it, so only its owner may read it. It has its name only when it is whole.
 * @throws {StreamsError} BACKUP_EXISTS, BACKUP_INSIDE, BACKUP_FILE_CHANGED
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupHeader> {
  const { dataDir, file, version, createdAt } = options
  refuseTarget(dataDir, file)
  const entries = entriesOf(dataDir)
  const files = entries.filter(({ kind }) => kind === 'file')
  const header: BackupHeader = {
    backupFormat: BACKUP_FORMAT,
    version,
    dataDirFormat: dataDirFormat(dataDir) ?? 0,
    createdAt,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    contains: [...new Set(entries.map(({ path }) => path.split('/')[0] ?? ''))].sort(),
    containsSecrets: true,
  }
  const partial = `${file}.partial`
  try {
    await pipeline(
      Readable.from(archive(dataDir, entries, header, options.onProgress)),
      createGzip({ level: GZIP_LEVEL }),
      createWriteStream(partial, { mode: 0o600, flush: true }),
    )
    renameSync(partial, file)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  return header
}

async function* archive(
  dataDir: string,
  entries: readonly TarEntry[],
  header: BackupHeader,
  onProgress: CreateBackupOptions['onProgress'],
): AsyncIterable<Buffer> {
  yield* textEntry(HEADER_PATH, header)
  const manifest: BackupManifest = { files: [] }
  let done = 0
  for (const entry of entries) {
    const { path, kind, size } = entry
    yield tarHeader({ ...entry, path: `${DATA_PREFIX}${path}` })
    if (kind !== 'file') continue
    const hash = createHash('sha256')
    let read = 0
    if (size > 0) {
      for await (const chunk of createReadStream(join(dataDir, path))) {
        const bytes = chunk as Buffer
        read += bytes.length
        hash.update(bytes)
        // The archive is laid out for the size that it had.
        if (read > size) break
        yield bytes
      }
    }
    if (read !== size) throw changed(path)
    yield padding(size)
    manifest.files.push({ path, size, sha256: hash.digest('hex') })
    done += size
    onProgress?.(done, header.bytes)
  }
  yield* textEntry(MANIFEST_PATH, manifest)
  yield tarEnd()
}

function* textEntry(path: string, value: unknown): Iterable<Buffer> {
  const text = Buffer.from(JSON.stringify(value))
  yield tarHeader({ path, kind: 'file', mode: 0o600, size: text.length, target: '' })
  yield text
  yield padding(text.length)
}

/** Parents before what is in them. Sockets and locks of processes are no data. */
function entriesOf(dataDir: string, directory = dataDir): TarEntry[] {
  const entries: TarEntry[] = []
  for (const name of readdirSync(directory).sort()) {
    const full = join(directory, name)
    const stats = lstatSync(full)
    const path = relative(dataDir, full).split(sep).join('/')
    const mode = stats.mode & 0o700
    if (stats.isSymbolicLink())
      entries.push({ path, kind: 'symlink', mode, size: 0, target: readlinkSync(full) })
    else if (stats.isDirectory())
      entries.push(
        { path, kind: 'directory', mode, size: 0, target: '' },
        ...entriesOf(dataDir, full),
      )
    else if (stats.isFile() && name !== 'LOCK')
      entries.push({ path, kind: 'file', mode, size: stats.size, target: '' })
  }
  return entries
}

function refuseTarget(dataDir: string, file: string): void {
  if (existsSync(file))
    throw new StreamsError(
      'BACKUP_EXISTS',
      `${resolve(file)} exists`,
      {},
      'Give the name of a new file',
    )
  if (resolve(file).startsWith(`${resolve(dataDir)}${sep}`))
    throw new StreamsError(
      'BACKUP_INSIDE',
      'the backup would lie in the directory that it is made of',
      {},
      'Give a file elsewhere, best on another disk',
    )
}

function changed(path: string): StreamsError {
  return new StreamsError(
    'BACKUP_FILE_CHANGED',
    `${path} has changed while it was read`,
    { path },
    'End what writes to the data directory, then make the backup again',
  )
}
