/** Registers one schema after the other and prints `subject id` of each, until it is killed. */
import { openEmbeddedRegistry } from '../index.ts'

const registry = openEmbeddedRegistry({ directory: process.argv[2] as string })
const registerNext = (index: number): void => {
  const subject = `topic-${index}-value`
  const id = registry.immediate.register(subject, {
    type: 'record',
    name: `test.R${index}`,
    fields: [],
  })
  process.stdout.write(`${subject} ${id}\n`, () => registerNext(index + 1))
}
registerNext(1)
