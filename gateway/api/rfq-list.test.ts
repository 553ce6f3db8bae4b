import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRfqDesk, type RfqDesk, type Sent } from '../fixtures/rfq-desk.ts'
import type { Page, Rfq } from '../protocol.ts'
import { RfqPage } from './rfq-schemas.ts'

let rfqs: RfqDesk

beforeAll(async () => {
  rfqs = await openRfqDesk()
})

afterAll(() => rfqs.close())

test('is filtered, sorted and paged', async () => {
  const mine: Rfq[] = []
  for (let i = 0; i < 5; i += 1)
    mine.push(
      await rfqs.created(
        { user: 'trader' },
        { side: i % 2 === 0 ? 'SELL' : 'BUY', instrumentId: 'ACME.SIM' },
      ),
    )
  const from = mine[0]?.createdAt ?? ''
  const ids = async (query: string) => {
    const { body } = await rfqs.get<Page<Rfq>>(`/rfqs?from=${encodeURIComponent(from)}&${query}`)
    return RfqPage.parse(body).items.map(({ rfqId }) => rfqId)
  }
  const of = (items: readonly Rfq[]) => items.map(({ rfqId }) => rfqId)
  const byTime = [...mine].sort((a, b) => (a.createdAt + a.rfqId < b.createdAt + b.rfqId ? -1 : 1))
  expect(await ids('')).toEqual(of(byTime.toReversed()))
  expect(await ids('sort=createdAt')).toEqual(of(byTime))
  expect((await ids('side=SELL&sort=createdAt')).sort()).toEqual(
    of(mine.filter(({ side }) => side === 'SELL')).sort(),
  )
  expect(await ids('state=CANCELLED,EXPIRED')).toEqual([])
  expect(await ids('state=SENT&instrumentId=ACME.SIM&desk=macro&requester=trader')).toHaveLength(5)
  expect(await ids(`q=${mine[2]?.rfqId.toUpperCase()}`)).toEqual([mine[2]?.rfqId])
  const paged: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body }: Sent<Page<Rfq>> = await rfqs.get(
      `/rfqs?from=${encodeURIComponent(from)}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    paged.push(...of(body.items))
    cursor = body.nextCursor
  }
  expect(paged).toEqual(of(byTime.toReversed()))
  for (const bad of [
    'state=NONE',
    'sort=price',
    'limit=0',
    'cursor=x',
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
  ])
    expect(`${bad} ${(await rfqs.get(`/rfqs?${bad}`)).status}`).toBe(`${bad} 400`)
})
