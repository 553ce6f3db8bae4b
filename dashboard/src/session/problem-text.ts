import { OrionProblem } from '#sdk'

/** What went wrong, as a sentence for the person at the screen. */
export function problemText(error: unknown): string {
  if (!(error instanceof OrionProblem)) return `Something went wrong here: ${String(error)}.`
  const { status, detail, errors } = error.problem
  if (status === 0) return 'The gateway cannot be reached. Is Orion running, and the network up?'
  if (status === 429) return `${detail} It was tried too often.`
  if (errors !== undefined && errors.length > 0)
    return `${detail} ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}`
  return detail
}
