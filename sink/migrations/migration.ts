/** One step of the schema. Once released it is never changed: a correction is a new step. */
export interface Migration {
  /** 1, 2, 3, ... without gaps. */
  readonly version: number
  readonly name: string
  /** Each may be repeated: a step that was interrupted starts again. */
  readonly statements: readonly string[]
}
