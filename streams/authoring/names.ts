import { StreamsError } from '../errors.ts'

/** What names a table's store: its own name, else that of the node. */
interface NamesOfStore {
  readonly as?: string
  readonly materialized?: { readonly as?: string }
}

/** Numbers that Kafka Streams takes for a repartition which is there already: its sink, filter and source. */
export const NUMBERS_OF_A_REPARTITION = 3

/** Names as Kafka Streams makes them, from one counter per builder. An explicit name uses up a number too, so that others keep theirs. */
export class Names {
  readonly generated: string[] = []
  #next = 0

  /** The given name, else `<prefix><ten digits>`. */
  node(as: string | undefined, prefix: string): string {
    const generated = `${prefix}${this.#number()}`
    if (as !== undefined) return checkedName(as)
    this.generated.push(generated)
    return generated
  }

  /** A generated name, else the given one with a suffix. */
  nodeWithSuffix(as: string | undefined, suffix: string, prefix: string): string {
    return this.node(as === undefined ? undefined : `${as}${suffix}`, prefix)
  }

  /** A store's name; only a generated one uses up a number. */
  store(as: string | undefined, prefix: string): string {
    if (as !== undefined) return checkedName(as)
    const generated = `${prefix}STATE-STORE-${this.#number()}`
    this.generated.push(generated)
    return generated
  }

  /** A generated name that the caller may or may not use; not warned about. */
  reserve(prefix: string): string {
    return `${prefix}${this.#number()}`
  }

  /** Uses up numbers without a name, where Kafka Streams counts what this builder has no node or store for: so later names agree. */
  setAside(count = 1): void {
    this.#next += count
  }

  /** Kafka Streams takes a number more for a store that is configured without being named. */
  setAsideForUnnamedStore({ as, materialized }: NamesOfStore): void {
    if (materialized !== undefined && (materialized.as ?? as) === undefined) this.setAside()
  }

  #number(): string {
    return String(this.#next++).padStart(10, '0')
  }
}

const NAME_LENGTH_MAX = 249

/** Names become parts of topic names and of paths. @throws {StreamsError} TOPOLOGY_INVALID_NAME */
export function checkedName(name: string): string {
  const legal = /^[a-zA-Z0-9._-]+$/.test(name) && name !== '.' && name !== '..'
  if (!legal || name.length > NAME_LENGTH_MAX) {
    throw new StreamsError(
      'TOPOLOGY_INVALID_NAME',
      `"${name}" cannot be a name`,
      {},
      `Use letters, digits, '.', '_' and '-', at most ${NAME_LENGTH_MAX} of them.`,
    )
  }
  return name
}
