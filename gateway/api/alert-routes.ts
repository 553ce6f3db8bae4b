import { z } from 'zod'
import { jsonReply, type Reply, type Route, userRoute } from '../http/route.ts'
import type { Notification } from '../protocol.ts'
import { awaitPosition, positionHeader } from '../views/awaited-position.ts'
import type { InboxView } from '../views/inbox-view.ts'
import type { TopicView } from '../views/topic-view.ts'
import { paging } from './cursor.ts'
import { models, nextCursor } from './schemas.ts'
import { sortedPage } from './sorted-page.ts'

const NotificationSchema = z.object({
  notificationId: z.string(),
  kind: z.string(),
  severity: z.enum(['INFO', 'WARNING', 'CRITICAL']),
  title: z.string(),
  text: z.string(),
  entityType: z.string().describe('What it is about: RFQ, Trade, Limit, KillSwitch.'),
  entityId: z.string(),
  raisedAt: z.iso.datetime(),
  correlationId: z.string().describe('Leads to the events behind it.'),
}) satisfies z.ZodType<Notification>
models.add(NotificationSchema, { id: 'Notification' })

export function alertRoutes(options: {
  readonly inbox: InboxView
  readonly topic: string
  readonly events: () => TopicView
  readonly positionWaitMs: number
}): readonly Route[] {
  const { events, inbox, positionWaitMs, topic } = options
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/alerts',
      summary:
        'What you and your roles were told, newest first. What you have read, your client remembers.',
      tag: 'notifications',
      access: 'authenticated',
      isPositioned: true,
      query: z.strictObject({
        ...paging({ limitMax: 500, limit: 100 }),
        kind: z
          .string()
          .regex(/^[A-Z_]{1,64}$/, 'capital letters and underscores')
          .optional(),
        severity: NotificationSchema.shape.severity.optional(),
      }),
      response: z.object({ items: z.array(NotificationSchema), nextCursor }),
      handle: async ({ position, query }, principal): Promise<Reply> => {
        await awaitPosition(events(), position, positionWaitMs)
        const { cursor, kind, limit, severity } = query
        const found = inbox
          .of(principal)
          .filter((item) => kind === undefined || item.kind === kind)
          .filter((item) => severity === undefined || item.severity === severity)
        const page = sortedPage(found, {
          list: `alerts ${kind ?? ''} ${severity ?? ''}`,
          limit,
          cursor,
          descending: true,
          sortText: ({ raisedAt }) => raisedAt,
          idOf: ({ notificationId }) => notificationId,
        })
        return jsonReply(200, page, positionHeader(events().position(topic)))
      },
    }),
  ]
}
