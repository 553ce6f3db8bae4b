import type { Route } from './route.ts'

export type Match =
  | {
      readonly kind: 'found'
      readonly route: Route
      readonly params: Readonly<Record<string, string>>
    }
  | { readonly kind: 'wrong-method'; readonly allow: readonly string[] }
  | { readonly kind: 'bad-path' }
  | { readonly kind: 'none' }

/** Finds a route by path and method. A route of the GET method answers HEAD, too. */
export class Router {
  readonly #compiled: readonly { readonly route: Route; readonly segments: readonly string[] }[]

  constructor(routes: readonly Route[]) {
    this.#compiled = routes.map((route) => ({ route, segments: route.path.split('/') }))
  }

  match(method: string, path: string): Match {
    const asked = path.split('/')
    const allow: string[] = []
    for (const { route, segments } of this.#compiled) {
      if (!fits(segments, asked)) continue
      if (route.method === method || (route.method === 'GET' && method === 'HEAD')) {
        const params = readParams(segments, asked)
        return params === undefined ? { kind: 'bad-path' } : { kind: 'found', route, params }
      }
      allow.push(route.method)
      if (route.method === 'GET') allow.push('HEAD')
    }
    return allow.length === 0 ? { kind: 'none' } : { kind: 'wrong-method', allow }
  }
}

function fits(segments: readonly string[], asked: readonly string[]): boolean {
  if (segments.length !== asked.length) return false
  return segments.every(
    (segment, i) => segment === asked[i] || (isParam(segment) && asked[i] !== ''),
  )
}

function readParams(
  segments: readonly string[],
  asked: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  try {
    for (const [i, segment] of segments.entries()) {
      if (isParam(segment)) params[segment.slice(1, -1)] = decodeURIComponent(asked[i] ?? '')
    }
    return params
  } catch {
    return undefined
  }
}

function isParam(segment: string): boolean {
  return segment.startsWith('{')
}
