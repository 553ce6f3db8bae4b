import { StreamsError } from '../errors.ts'
import type { Topology, TopologyWarning } from '../topology.ts'

/**
 * Stores, their changelogs and repartition topics under generated names: the names move when the topology changes, and what is kept under them
 * is left behind.
 */
export function generatedNameWarnings(
  topology: Topology,
  generatedNames: readonly string[],
): TopologyWarning[] {
  const isGenerated = (name: string) => generatedNames.some((each) => name.includes(each))
  const stores = topology.subTopologies.flatMap((each) => each.stores)
  const globals = topology.globalStores.map((each) => each.store)
  return [
    ...stores
      .filter(({ name }) => isGenerated(name))
      .map(({ name, logged }) =>
        warning(name, logged ? `store "${name}" and its changelog` : `store "${name}"`),
      ),
    ...globals
      .filter(({ name }) => isGenerated(name))
      .map(({ name }) => warning(name, `global store "${name}"`)),
    ...topology.repartitions
      .filter(({ name }) => isGenerated(name))
      .map(({ name, suffix = 'repartition' }) =>
        warning(name, `internal topic "${name}-${suffix}"`),
      ),
  ]
}

/** @throws {StreamsError} TOPOLOGY_GENERATED_NAME */
export function refuseGeneratedNames(warnings: readonly TopologyWarning[]): void {
  if (warnings.length === 0) return
  throw new StreamsError(
    'TOPOLOGY_GENERATED_NAME',
    `names are generated: ${warnings.map(({ name }) => name).join(', ')}`,
    {},
    REMEDY,
  )
}

const REMEDY =
  'Name them: { as } of the operator, { materialized: { as } } of its store, Grouped and Joined for their topics.'

function warning(name: string, what: string): TopologyWarning {
  const message = `The name of ${what} is generated and moves when the topology changes: what is kept under it is lost then. ${REMEDY}`
  return { code: 'GENERATED_NAME', name, message }
}
