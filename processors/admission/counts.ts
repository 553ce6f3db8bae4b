import type { ProcessorMetrics } from '#streams'
import { countBy } from '../metrics/count-by.ts'
import type { AdmissionDecision } from './admission.ts'
import { LIMIT_RULES, RULES } from './check.ts'

/** What a route's reason begins with. */
const ROUTES = [
  'ELIGIBLE',
  'DISABLED',
  'ASSET_CLASS',
  'INSTRUMENT',
  'VENUE',
  'NO_MARK',
  'NOTIONAL',
  'THROTTLED',
]

/** What was decided of requests: admitted or refused by one rule; every limit that was broken; whether each liquidity provider was asked. */
export function admissionCounts(
  metrics: ProcessorMetrics,
): (decision: Pick<AdmissionDecision, 'passed' | 'reason' | 'checks' | 'routes'>) => void {
  const outcome = countBy(metrics, {
    name: 'orion_rfq_admissions_total',
    help: 'Requests for quote, by what admission decided.',
    label: 'outcome',
    values: ['admitted', 'refused'],
  })
  const refusal = countBy<string>(metrics, {
    name: 'orion_rfq_refusals_total',
    help: 'Requests for quote that admission refused, by the rule that it named.',
    label: 'rule',
    values: [...RULES, 'NO_LP_ELIGIBLE'],
  })
  const breach = countBy<string>(metrics, {
    name: 'orion_rfq_limit_breaches_total',
    help: 'Limits that requests for quote broke; one may break several.',
    label: 'rule',
    values: LIMIT_RULES,
  })
  const route = countBy<string>(metrics, {
    name: 'orion_rfq_routes_total',
    help: 'Liquidity providers looked at for a request, by why they were asked or were not.',
    label: 'outcome',
    values: ROUTES,
  })
  return ({ checks, passed, reason, routes }) => {
    outcome(passed ? 'admitted' : 'refused')
    if (!passed) refusal(reason)
    for (const check of checks) if (!check.passed && check.holder !== undefined) breach(check.rule)
    for (const { reason: why } of routes) route(why.split(':', 1)[0] ?? '')
  }
}
