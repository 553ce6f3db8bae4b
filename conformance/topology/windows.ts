import { type FixedWindows, SessionWindows, SlidingWindows, TimeWindows } from '#streams'
import type { CaseWindow } from '../grammar/topology.ts'

type SessionWindow = Extract<CaseWindow, { readonly type: 'session' }>
export type FixedWindow = Exclude<CaseWindow, SessionWindow>

export function fixedWindowsOf(window: FixedWindow): FixedWindows {
  switch (window.type) {
    case 'tumbling':
      return TimeWindows.ofSizeAndGrace(window.sizeMs, window.graceMs)
    case 'hopping':
      return TimeWindows.ofSizeAndGrace(window.sizeMs, window.graceMs).advanceBy(window.advanceMs)
    case 'sliding':
      return SlidingWindows.ofTimeDifferenceAndGrace(window.timeDifferenceMs, window.graceMs)
  }
}

export function sessionWindowsOf({ gapMs, graceMs }: SessionWindow): SessionWindows {
  return SessionWindows.ofInactivityGapAndGrace(gapMs, graceMs)
}
