import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, isAbsolute, join, posix, resolve } from 'node:path'
import { createGunzip } from 'node:zlib'
import type { z } from 'zod'
import { StreamsError } from '#streams'
import { DATA_DIR_FORMAT } from '../start/data-dir-format.ts'
import {
  BACKUP_FORMAT,
  type BackupHeader,
  type BackupManifest,
  DATA_PREFIX,
  HEADER_PATH,
  headerSchema,
  MANIFEST_BYTES_MAX,
  MANIFEST_PATH,
  manifestSchema,
} from './manifest.ts'
import { invalid, type ReadTarEntry, readTar } from './tar-reader.ts'

export interface RestoreBackupOptions {
  readonly file: string
  /** That nothing runs on. */
  readonly dataDir: string
  /** Replace what is in the directory. */
  readonly force: boolean
  readonly onProgress?: (bytes: number, total: number) => void
}

/**
 * Makes a data directory of a backup. Everything is written beside it and compared with the manifest first; then one rename puts it in place, so the
 * directory is what it was, or whole.
 * @throws {StreamsError} BACKUP_NOT_FOUND, BACKUP_INVALID, BACKUP_TOO_NEW, BACKUP_NO_SPACE, BACKUP_DIRECTORY_NOT_EMPTY
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<BackupHeader> {
  const { file, force } = options
  const dataDir = resolve(options.dataDir)
  if (!existsSync(file) || !statSync(file).isFile())
    throw new StreamsError(
      'BACKUP_NOT_FOUND',
      `there is no file ${resolve(file)}`,
      {},
      'Give a file that orion backup create has made',
    )
  const occupied = existsSync(dataDir) && readdirSync(dataDir).length > 0
  if (occupied && !force)
    throw new StreamsError(
      'BACKUP_DIRECTORY_NOT_EMPTY',
      `${dataDir} is not empty`,
      {},
      'Give another --data-dir, or --force to replace everything in it',
    )
  const fresh = `${dataDir}.restoring`
  const replaced = `${dataDir}.replaced`
  // What an interrupted restore left.
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  try {
    const header = await unpack(options, fresh)
    rmSync(replaced, { recursive: true, force: true })
    if (existsSync(dataDir)) renameSync(dataDir, replaced)
    renameSync(fresh, dataDir)
    rmSync(replaced, { recursive: true, force: true })
    return header
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    throw error
  }
}

async function unpack(
  { file, onProgress }: RestoreBackupOptions,
  directory: string,
): Promise<BackupHeader> {
  let header: BackupHeader | undefined
  let manifest: BackupManifest | undefined
  const found = new Map<string, string>()
  const links: ReadTarEntry[] = []
  let bytes = 0
  for await (const entry of readTar(gunzipped(file))) {
    if (manifest !== undefined) throw invalid('something follows its manifest')
    if (header === undefined) {
      if (entry.path !== HEADER_PATH) throw invalid('it does not begin as one')
      header = parse(headerSchema, await wholeText(entry))
      refuseHeader(header, directory)
      continue
    }
    if (entry.path === MANIFEST_PATH) {
      manifest = parse(manifestSchema, await wholeText(entry))
      continue
    }
    const path = safePath(entry.path)
    if (entry.kind === 'directory')
      mkdirSync(join(directory, path), { recursive: true, mode: 0o700 })
    // Links come last: nothing is ever written through one.
    else if (entry.kind === 'symlink')
      links.push({ ...entry, path, target: safeTarget(path, entry.target) })
    else {
      bytes += entry.size
      if (bytes > header.bytes || found.size >= header.files)
        throw invalid('it holds more than it says')
      if (found.has(path)) throw invalid(`${path} is in it twice`)
      found.set(path, await writeFile(entry, join(directory, path)))
      onProgress?.(bytes, header.bytes)
    }
  }
  if (header === undefined || manifest === undefined) throw invalid('its manifest is missing')
  compare(manifest, found)
  for (const { path, target } of links) {
    mkdirSync(dirname(join(directory, path)), { recursive: true, mode: 0o700 })
    symlinkSync(target, join(directory, path))
  }
  return header
}

async function* gunzipped(file: string): AsyncIterable<Buffer> {
  const gunzip = createGunzip()
  const source = createReadStream(file)
  source.on('error', (error) => gunzip.destroy(error))
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Buffer
  } catch (cause) {
    const what =
      (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'it ends too early' : String(cause)
    throw cause instanceof StreamsError ? cause : invalid(what, cause)
  } finally {
    source.destroy()
  }
}

function refuseHeader(
  { backupFormat, dataDirFormat, version, bytes }: BackupHeader,
  directory: string,
): void {
  if (backupFormat > BACKUP_FORMAT || dataDirFormat > DATA_DIR_FORMAT)
    throw new StreamsError(
      'BACKUP_TOO_NEW',
      `the backup was made by version ${version}, whose format this version does not know`,
      {},
      `Restore it with version ${version} or a later one`,
    )
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  if (bytes > free)
    throw new StreamsError(
      'BACKUP_NO_SPACE',
      `the backup needs ${bytes} bytes, ${free} are free`,
      { path: directory },
      'Make room, or give a --data-dir on another disk',
    )
}

/** Inside of the data directory, whatever the archive says. */
function safePath(path: string): string {
  if (!path.startsWith(DATA_PREFIX)) throw invalid(`${JSON.stringify(path)} is no part of one`)
  const inner = path.slice(DATA_PREFIX.length).replace(/\/$/, '')
  const parts = inner.split('/')
  if (
    inner === '' ||
    inner.includes('\\') ||
    inner.includes('\u0000') ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  )
    throw invalid(`the path ${JSON.stringify(path)} leads out of it`)
  return inner
}

function safeTarget(path: string, target: string): string {
  const inside = posix.normalize(posix.join(posix.dirname(path), target))
  if (target === '' || isAbsolute(target) || inside === '..' || inside.startsWith('../'))
    throw invalid(`the link ${JSON.stringify(path)} leads out of it`)
  return target
}

/** @returns its SHA-256 */
async function writeFile({ content, mode }: ReadTarEntry, path: string): Promise<string> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const hash = createHash('sha256')
  const file = await open(path, 'wx', (mode & 0o700) | 0o600)
  try {
    for await (const chunk of content) {
      hash.update(chunk)
      await file.write(chunk)
    }
    await file.datasync()
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

function compare({ files }: BackupManifest, found: ReadonlyMap<string, string>): void {
  for (const { path, sha256 } of files) {
    const hash = found.get(path)
    if (hash === undefined) throw invalid(`${path} is missing`)
    if (hash !== sha256) throw invalid(`${path} is damaged`)
  }
  if (files.length !== found.size) throw invalid('it holds files that its manifest does not know')
}

async function wholeText({ size, content }: ReadTarEntry): Promise<string> {
  if (size > MANIFEST_BYTES_MAX) throw invalid('its manifest is too long')
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('what it says of itself cannot be read', cause)
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalid('what it says of itself cannot be read', parsed.error)
  return parsed.data
}
