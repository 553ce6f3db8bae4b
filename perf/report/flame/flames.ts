import { namesIn, textOf } from '../generated-files.ts'
import { FLAMES_DIRECTORY } from '../section.ts'
import { flameSchema } from './flame-file.ts'
import { flameSvg } from './flame-svg.ts'

export interface KeptFlame {
  readonly title: string
  readonly command: string
  /** Path of the SVG from the root of the project. */
  readonly path: string
  readonly svg: string
}

/** Every flame graph whose stacks are kept, made anew of them. */
export function keptFlames(): readonly KeptFlame[] {
  return namesIn(FLAMES_DIRECTORY)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const flame = flameSchema.parse(JSON.parse(textOf(`${FLAMES_DIRECTORY}/${name}`) ?? ''))
      const path = `${FLAMES_DIRECTORY}/${name.replace(/\.json$/, '.svg')}`
      return { title: flame.title, command: flame.command, path, svg: flameSvg(flame) }
    })
}
