import { z } from 'zod'
import type { Stack, Stacks } from './cpu-profile.ts'

/** The source of a flame graph, small enough to keep: [depth, microseconds, room, name] of each frame, callers before what they call. */
export const flameSchema = z.object({
  title: z.string(),
  /** What was run to get the profile. */
  command: z.string(),
  commit: z.string(),
  date: z.string(),
  machine: z.string(),
  busyUs: z.number(),
  idleUs: z.number(),
  frames: z.array(z.tuple([z.number(), z.number(), z.string(), z.string()])),
})

export type Flame = z.output<typeof flameSchema>
export type FlameFrame = Flame['frames'][number]

/** Frames with less of the busy time are left out. */
const SHARE_MIN = 0.003

export function framesOf({ root, busyUs }: Stacks): FlameFrame[] {
  const frames: FlameFrame[] = []
  const visit = ({ name, room, us, calls }: Stack, depth: number): void => {
    frames.push([depth, us, room, name])
    for (const call of [...calls.values()].sort(byName))
      if (call.us >= SHARE_MIN * busyUs) visit(call, depth + 1)
  }
  visit(root, 0)
  return frames
}

/** A frame a line, so that two profiles can be compared as text. */
export function flameText({ frames, ...head }: Flame): string {
  const lines = frames.map((frame) => JSON.stringify(frame)).join(',\n')
  return `${JSON.stringify(head).slice(0, -1)},"frames":[\n${lines}\n]}\n`
}

function byName(a: Stack, b: Stack): number {
  return a.name < b.name ? -1 : 1
}
