import { fixed } from '../formats.ts'
import { FONT, QUIET, TEXT } from '../plot/svg.ts'
import type { Flame, FlameFrame } from './flame-file.ts'

/** Fill by room; dark text is legible on each. Other rooms of Orion share one. */
const ROOMS: Readonly<Record<string, string>> = {
  avro: '#f0b429',
  'state-stores': '#5ec2a2',
  streams: '#6fa8dc',
  gateway: '#e79ac0',
  sink: '#c3a6e0',
  processors: '#f28e5c',
  gc: '#e06666',
  libraries: '#b8c96a',
  node: '#d1d5db',
}
const OTHER = { name: 'other Orion', fill: '#9fd8f0' }

const WIDTH = 1200
const ROW = 17
const SIDE = 12
const HEAD = 72
const FOOT = 46
const CHARACTER = 6.3

interface Box {
  readonly x: number
  readonly depth: number
  readonly us: number
  readonly room: string
  readonly name: string
}

/** Callers below, what they call above, as wide as the time spent there; the name and share of each in its tooltip. */
export function flameSvg({
  title,
  command,
  commit,
  date,
  machine,
  busyUs,
  idleUs,
  frames,
}: Flame): string {
  const boxes = placed(frames)
  const deepest = Math.max(...boxes.map(({ depth }) => depth))
  const height = HEAD + (deepest + 1) * ROW + FOOT
  const scale = (WIDTH - 2 * SIDE) / busyUs
  const footer = [
    `${command}`,
    `commit ${commit.slice(0, 7)}  ·  ${machine}  ·  ${date.slice(0, 10)}  ·  ${seconds(busyUs)} busy, ${seconds(idleUs)} idle (left out); frames below 0.3 % are left out`,
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${SIDE}" y="24" font-size="15" font-weight="600" fill="${TEXT}">${escaped(title)}</text>`,
    ...legend(boxes),
    ...boxes.map((box) => frame(box, scale, HEAD + (deepest - box.depth) * ROW, busyUs)),
    ...footer.map(
      (line, index) =>
        `<text x="${SIDE}" y="${height - 24 + 15 * index}" font-size="10" fill="${QUIET}">${escaped(line)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

/** Each frame begins where its sisters before it end. */
function placed(frames: readonly FlameFrame[]): readonly Box[] {
  const next: number[] = []
  return frames.map(([depth, us, room, name]) => {
    const x = next[depth] ?? 0
    next[depth] = x + us
    // What this one calls begins at its left edge.
    next[depth + 1] = x
    return { x, depth, us, room, name }
  })
}

function frame({ x, us, room, name }: Box, scale: number, y: number, busyUs: number): string {
  const left = round(SIDE + x * scale)
  const width = Math.max(0.3, round(us * scale - 0.4))
  const fits = Math.floor((width - 6) / CHARACTER)
  const text = fits < 3 ? '' : name.length <= fits ? name : `${name.slice(0, fits - 1)}…`
  const label =
    text === ''
      ? ''
      : `<text x="${round(left + 3)}" y="${y + 12}" fill="${TEXT}">${escaped(text)}</text>`
  const tip = `${name}, ${room}: ${seconds(us)}, ${fixed((100 * us) / busyUs, 1)} %`
  return `<g><title>${escaped(tip)}</title><rect x="${left}" y="${y}" width="${width}" height="${ROW - 1}" fill="${fillOf(room)}"/>${label}</g>`
}

/** The rooms that occur, with their share of the time without what they call. */
function legend(boxes: readonly Box[]): readonly string[] {
  const shares = selfTimes(boxes)
  const total = [...shares.values()].reduce((sum, us) => sum + us, 0)
  let x = SIDE
  return [...shares]
    .sort(([, a], [, b]) => b - a)
    .flatMap(([name, us]) => {
      const text = `${name} ${fixed((100 * us) / total, 0)} %`
      const at = x
      x += 30 + text.length * CHARACTER
      return [
        `<rect x="${round(at)}" y="40" width="12" height="12" fill="${ROOMS[name] ?? OTHER.fill}"/>`,
        `<text x="${round(at + 17)}" y="50" font-size="12" fill="${TEXT}">${escaped(text)}</text>`,
      ]
    })
}

function selfTimes(boxes: readonly Box[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  const add = (room: string, us: number): void => {
    const name = ROOMS[room] === undefined ? OTHER.name : room
    shares.set(name, (shares.get(name) ?? 0) + us)
  }
  const callers: Box[] = []
  for (const box of boxes) {
    const caller = callers[box.depth - 1]
    if (caller !== undefined) add(caller.room, -box.us)
    add(box.room, box.us)
    callers[box.depth] = box
  }
  return shares
}

function fillOf(room: string): string {
  return ROOMS[room] ?? OTHER.fill
}

function seconds(us: number): string {
  return us < 1e6 ? `${fixed(us / 1e3, 0)} ms` : `${fixed(us / 1e6, 1)} s`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
