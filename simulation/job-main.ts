/** Takes parts of a run from the process that started it, one after the other. */
import { type PartRequest, runPart } from './command/run-part.ts'

process.on('message', (request: PartRequest) => {
  void runPart(request).then((part) => process.send?.(part))
})
process.on('disconnect', () => process.exit())
