import { publicRoute, Reply, type Route } from '../http/route.ts'
import { Health, Readiness } from './schemas.ts'

/** Something that has to be in order before traffic is sent here. */
export interface ReadinessCheck {
  readonly name: string
  check(): CheckResult | Promise<CheckResult>
}

export interface CheckResult {
  readonly ok: boolean
  readonly detail: string
}

const CHECK_MS_MAX = 2_000

export function operationsRoutes(options: {
  readonly checks: readonly ReadinessCheck[]
  readonly metricsText: () => Promise<string>
  readonly openapi: () => string
}): readonly Route[] {
  return [
    publicRoute({
      method: 'GET',
      path: '/healthz',
      summary: 'The process answers.',
      tag: 'operations',
      unlimited: true,
      response: Health,
      handle: () => ({ status: 'up' }),
    }),
    publicRoute({
      method: 'GET',
      path: '/readyz',
      summary: 'Every part is ready for traffic; 503 with the same body while one is not.',
      tag: 'operations',
      unlimited: true,
      response: Readiness,
      problems: { 503: 'A check is not in order; the body names it.' },
      handle: async () => {
        const checks = await Promise.all(options.checks.map(runCheck))
        const ready = checks.every(({ ok }) => ok)
        const body = JSON.stringify({ status: ready ? 'ready' : 'not-ready', checks })
        return new Reply(
          ready ? 200 : 503,
          { 'content-type': 'application/json', 'cache-control': 'no-store' },
          body,
        )
      },
    }),
    publicRoute({
      method: 'GET',
      path: '/metrics',
      summary: 'Metrics as Prometheus reads them.',
      tag: 'operations',
      unlimited: true,
      produces: 'text/plain; version=0.0.4; charset=utf-8',
      handle: async () =>
        new Reply(
          200,
          {
            'content-type': 'text/plain; version=0.0.4; charset=utf-8',
            'cache-control': 'no-store',
          },
          await options.metricsText(),
        ),
    }),
    publicRoute({
      method: 'GET',
      path: '/openapi.json',
      summary: 'This description.',
      tag: 'operations',
      produces: 'application/json',
      handle: () =>
        new Reply(
          200,
          { 'content-type': 'application/json', 'cache-control': 'no-cache' },
          options.openapi(),
        ),
    }),
  ]
}

async function runCheck({
  name,
  check,
}: ReadinessCheck): Promise<CheckResult & { readonly name: string }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(
      () => resolve({ ok: false, detail: `no answer within ${CHECK_MS_MAX} ms` }),
      CHECK_MS_MAX,
    )
  })
  try {
    return { name, ...(await Promise.race([Promise.resolve().then(check), late])) }
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}
