/** Offsets between what is committed and the end, as far as the log holds them: undefined, where nothing is committed, is its start. */
export function lagOf(
  committed: number | undefined,
  { earliest, end }: { readonly earliest: number; readonly end: number },
): number {
  return Math.max(0, end - Math.max(committed ?? earliest, earliest))
}
