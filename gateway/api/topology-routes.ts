import { z } from 'zod'
import { ProblemError } from '../http/problem.ts'
import { type Route, userRoute } from '../http/route.ts'
import type { Page, Role, TopologyStatus, TopologySummary } from '../protocol.ts'
import { TopologyPage, TopologyStatusSchema } from './schemas.ts'

interface ReportedTopologies {
  list(): readonly TopologySummary[]
  /** Undefined: no process reports one of this name. */
  status(topology: string): TopologyStatus | undefined
}

/** Those who run the platform. What they see is about the machinery: counts and positions, no record of any tenant. */
const OPERATORS = ['PLATFORM', 'ADMIN'] as const satisfies readonly Role[]

const Name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens')

export function topologyRoutes(topologies: ReportedTopologies): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/admin/topologies',
      summary: 'The topologies that run, in whichever processes.',
      tag: 'administration',
      access: OPERATORS,
      response: TopologyPage,
      handle: async (): Promise<Page<TopologySummary>> => ({
        items: topologies.list(),
        nextCursor: null,
      }),
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/admin/topologies/{name}',
      summary: 'One topology: its graph, its instances, its tasks, and how far each is.',
      tag: 'administration',
      access: OPERATORS,
      params: z.strictObject({ name: Name }),
      response: TopologyStatusSchema,
      problems: { 404: 'No process has reported a topology of this name within the last minute.' },
      handle: async ({ params }): Promise<TopologyStatus> => {
        const status = topologies.status(params.name)
        if (status !== undefined) return status
        throw new ProblemError(
          404,
          'unknown-topology',
          `No process has reported a topology ${params.name} within the last minute. GET /api/v1/admin/topologies lists those that run.`,
        )
      },
    }),
  ]
}
