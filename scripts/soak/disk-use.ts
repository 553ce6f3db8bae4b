import { type Dirent, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that the file system has given to a data directory, by its first-level parts. */
export interface DiskUse {
  readonly totalBytes: number
  readonly parts: Readonly<Record<string, number>>
  /** Of RocksDB's write-ahead logs, wherever they are; counted in their parts too. */
  readonly writeAheadLogBytes: number
}

/** Allocated blocks, as `du` counts them. Files that go away meanwhile count nothing. */
export function diskUse(directory: string): DiskUse {
  const parts: Record<string, number> = {}
  let totalBytes = 0
  let writeAheadLogBytes = 0
  const walk = (path: string, part: string): void => {
    for (const entry of entriesOf(path)) {
      const child = join(path, entry.name)
      const name = part === '' ? entry.name : part
      if (entry.isDirectory()) {
        walk(child, name)
        continue
      }
      const stat = statSync(child, { throwIfNoEntry: false })
      // A ClickHouse part shares files with the part that it was made from: each inode costs its bytes once.
      if (stat === undefined || !entry.isFile() || seen.has(stat.ino)) continue
      if (stat.nlink > 1) seen.add(stat.ino)
      const bytes = stat.blocks * 512
      parts[name] = (parts[name] ?? 0) + bytes
      totalBytes += bytes
      if (/^\d+\.log$/.test(entry.name)) writeAheadLogBytes += bytes
    }
  }
  const seen = new Set<number>()
  walk(directory, '')
  return { totalBytes, parts, writeAheadLogBytes }
}

function entriesOf(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}

/** Resident memory of a process in bytes; 0 when it is gone, or where /proc is not. */
export function residentBytes(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kib ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Bytes of files that are deleted and still open: the file system gives them back only when they are closed. */
export function deletedOpenBytes(pid: number, directory: string): number {
  let bytes = 0
  const folder = `/proc/${pid}/fd`
  for (const { name } of entriesOf(folder)) {
    try {
      const target = readlinkSync(join(folder, name))
      if (target.startsWith(directory) && target.endsWith(' (deleted)'))
        bytes += statSync(join(folder, name)).blocks * 512
    } catch {
      // Closed meanwhile.
    }
  }
  return bytes
}

/** Processes started by this one. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number)
  } catch {
    return []
  }
}
