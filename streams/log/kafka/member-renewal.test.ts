import { expect, test } from 'vitest'
import { StreamsError } from '../../errors.ts'
import type { GroupMetadata } from '../log.ts'
import { withRenewal } from './member-renewal.ts'

const OFFSETS = [{ topic: 't', partition: 0, offset: 1 }]
const of = (generationId: number): GroupMetadata => ({ groupId: 'g', memberId: 'm', generationId })
const refusal = (code: string) => new StreamsError(code, 'refused', {}, '')

/** A coordinator that takes offsets of one generation only. */
function coordinator(current: number) {
  const asked: number[] = []
  const send = async ({ generationId }: GroupMetadata): Promise<void> => {
    asked.push(generationId)
    if (generationId !== current) throw refusal('LOG_STALE_MEMBER')
  }
  return { asked, send }
}

test('offsets refused because the generation changed meanwhile are sent again with the new one', async () => {
  const { asked, send } = coordinator(6)
  await withRenewal(of(4), OFFSETS, async ({ generationId }) => of(generationId + 1), send)
  expect(asked).toEqual([4, 5, 6])
})

test('offsets of a member that holds their partitions no more stay refused', async () => {
  const { asked, send } = coordinator(6)
  await expect(withRenewal(of(5), OFFSETS, async () => undefined, send)).rejects.toMatchObject({
    code: 'LOG_STALE_MEMBER',
  })
  expect(asked).toEqual([5])
})

test('other failures are not tried again', async () => {
  const renewal = async () => of(6)
  const send = async () => {
    throw refusal('LOG_FENCED')
  }
  await expect(withRenewal(of(5), OFFSETS, renewal, send)).rejects.toMatchObject({
    code: 'LOG_FENCED',
  })
})
