/** A null key or value is undefined in a record; a mapper of the application may still answer null. */
export function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null
}
