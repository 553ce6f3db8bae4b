import { Position } from '#streams'
import { ProblemError } from '../http/problem.ts'
import type { TopicView } from './topic-view.ts'

const POSITION_CHARACTERS_MAX = 2_000

/** Header of a reply: what it reflects. */
export function positionHeader(position: Position): Readonly<Record<string, string>> {
  return { 'x-orion-position': JSON.stringify(position) }
}

/**
 * Waits until a view has seen all that was there when it started, and reflects what `x-orion-position` asks for, where it asks. Otherwise what was
 * acknowledged before a restart would be unknown after it.
 * @throws {ProblemError} 400 for a position that this view can never reach, 503 while it starts, 504 when the position is not reached in time
 */
export async function awaitPosition(
  view: TopicView,
  header: string,
  withinMs: number,
): Promise<void> {
  if (!(await view.caughtUp(withinMs))) {
    throw new ProblemError(
      503,
      'catching-up',
      'The service has just started and is still loading. Ask again in a moment.',
      {
        retryAfterS: 1,
      },
    )
  }
  if (header === '') return
  const bound = parse(header)
  for (const { topic } of bound.entries()) {
    if (!view.follows(topic)) throw invalid('it names a topic that is not read here')
  }
  if (await view.reached(bound, withinMs)) return
  throw new ProblemError(
    504,
    'position-not-reached',
    'What you have seen elsewhere has not arrived here yet. Ask again in a moment.',
    {
      retryAfterS: 1,
    },
  )
}

function parse(header: string): Position {
  if (header.length > POSITION_CHARACTERS_MAX) throw invalid('it is too long')
  try {
    return Position.fromJson(JSON.parse(header))
  } catch {
    throw invalid('it is not one')
  }
}

function invalid(why: string): ProblemError {
  return new ProblemError(400, 'invalid-input', 'The x-orion-position is not valid.', {
    errors: [
      {
        path: 'header.x-orion-position',
        message: `${why}: send it as an answer of this API has it`,
      },
    ],
  })
}
