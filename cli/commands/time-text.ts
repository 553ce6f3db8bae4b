import { InvalidArgumentError } from 'commander'

/** A time as ms since the epoch. @throws InvalidArgumentError */
export function timeText(text: string): number {
  const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(timeMs))
    throw new InvalidArgumentError(
      'Give an ISO 8601 time such as 2026-03-02T09:00:00Z, or ms since the epoch',
    )
  return timeMs
}
