/** Something that must hold did not. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken'
  readonly invariant: string

  constructor(invariant: string, what: string) {
    super(what)
    this.invariant = invariant
  }
}
