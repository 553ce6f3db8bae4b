import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { StreamsError } from '#streams'
import type { Incoming } from './incoming.ts'
import { Reply } from './route.ts'
import { PAGE_POLICY } from './security-headers.ts'

const FILES_MAX = 2_000
const BYTES_MAX = 64 * 1024 * 1024
const COMPRESS_FROM_BYTES = 1_024

interface StaticFile {
  readonly type: string
  readonly etag: string
  readonly cacheControl: string
  readonly plain: Buffer
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
}

/**
 * A built single-page application, read once at start (at most 2,000 files, 64 MiB) and compressed once. A request is looked up by its whole path, so no path
 * leads out of the directory.
 */
export class StaticFiles {
  readonly #files = new Map<string, StaticFile>()

  /** @throws {StreamsError} GATEWAY_DASHBOARD_TOO_LARGE */
  constructor(directory: string) {
    if (!existsSync(join(directory, 'index.html'))) return
    let bytes = 0
    for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      const file = join(directory, path)
      const stat = statSync(file)
      if (!stat.isFile()) continue
      bytes += stat.size
      if (bytes > BYTES_MAX || this.#files.size >= FILES_MAX) {
        throw new StreamsError(
          'GATEWAY_DASHBOARD_TOO_LARGE',
          'the dashboard has too many files or bytes',
          { path: directory },
          'Name the directory of a build.',
        )
      }
      const urlPath = `/${relative(directory, file).split(sep).join('/')}`
      this.#files.set(urlPath, readStaticFile(file, urlPath))
    }
  }

  get isThere(): boolean {
    return this.#files.size > 0
  }

  /** A file; the page itself for paths of the application; undefined for what is not there. */
  reply(incoming: Incoming): Reply | undefined {
    const { path, acceptEncoding, ifNoneMatch } = incoming
    const file =
      this.#files.get(path) ?? (isPage(path) ? this.#files.get('/index.html') : undefined)
    if (file === undefined) return undefined
    const headers: Record<string, string> = {
      'content-type': file.type,
      'cache-control': file.cacheControl,
      etag: file.etag,
      vary: 'accept-encoding',
      ...(file.type.startsWith('text/html') ? { 'content-security-policy': PAGE_POLICY } : {}),
    }
    if (ifNoneMatch === file.etag) return new Reply(304, headers, '')
    if (file.br !== undefined && accepts(acceptEncoding, 'br')) {
      return new Reply(200, { ...headers, 'content-encoding': 'br' }, file.br)
    }
    if (file.gzip !== undefined && accepts(acceptEncoding, 'gzip')) {
      return new Reply(200, { ...headers, 'content-encoding': 'gzip' }, file.gzip)
    }
    return new Reply(200, headers, file.plain)
  }
}

/** Views of the application have paths without an extension. */
function isPage(path: string): boolean {
  return extname(path) === '' && !path.startsWith('/api/') && path !== '/api'
}

function accepts(acceptEncoding: string, name: string): boolean {
  return acceptEncoding.split(',').some((part) => {
    const [coding = '', q = ''] = part.trim().split(/\s*;\s*q=/)
    return coding === name && q !== '0' && q !== '0.0'
  })
}

function readStaticFile(file: string, urlPath: string): StaticFile {
  const plain = readFileSync(file)
  const type = CONTENT_TYPES[extname(file)] ?? 'application/octet-stream'
  const compress = COMPRESSIBLE.test(type) && plain.length >= COMPRESS_FROM_BYTES
  return {
    type,
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    // The name of a hashed asset changes with its content; everything else is asked for anew.
    cacheControl: HASHED.test(urlPath) ? 'public, max-age=31536000, immutable' : 'no-cache',
    plain,
    br: compress
      ? brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
      : undefined,
    gzip: compress ? gzipSync(plain) : undefined,
  }
}

const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/
const COMPRESSIBLE = /^(text\/|application\/(json|manifest|javascript)|image\/svg)/

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}
