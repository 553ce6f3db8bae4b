import type { StoreDescription } from './topology-description.ts'
import type { TopologyChange, Verdict } from './topology-diff.ts'

export interface StorePlace {
  readonly store: StoreDescription
  /** Topics that its sub-topology reads. */
  readonly inputs: readonly string[]
}

/** What a changed store means for state and changelog that are there. Stores are known by their names: those name changelogs. */
export function diffStores(
  subject: 'store' | 'global-store',
  before: readonly StorePlace[],
  after: readonly StorePlace[],
  generated: ReadonlySet<string>,
): TopologyChange[] {
  const old = new Map(before.map((place) => [place.store.name, place]))
  const now = new Map(after.map((place) => [place.store.name, place]))
  const changes: TopologyChange[] = []
  const gone = before.filter(({ store }) => !now.has(store.name))
  for (const place of after) {
    const { name } = place.store
    const was = old.get(name)
    if (was === undefined) {
      changes.push({
        subject,
        name,
        change: 'added',
        ...added(subject, place, { before, gone, generated }),
      })
      continue
    }
    for (const { what, verdict } of differences(subject, was.store, place.store))
      changes.push({ subject, name, change: 'changed', what, verdict })
  }
  for (const { store } of gone) {
    const kept = subject === 'store' && store.logged
    const what = kept
      ? 'its changelog stays: delete the topic when it is not wanted'
      : 'its local state stays unused'
    changes.push({ subject, name: store.name, change: 'removed', what, verdict: 'compatible' })
  }
  return changes
}

interface Finding {
  readonly what: string
  readonly verdict: Verdict
}

function added(
  subject: 'store' | 'global-store',
  { store, inputs }: StorePlace,
  context: {
    readonly before: readonly StorePlace[]
    readonly gone: readonly StorePlace[]
    readonly generated: ReadonlySet<string>
  },
): Finding {
  if (subject === 'global-store')
    return { what: 'filled from its topic at the start', verdict: 'compatible' }
  const renamed = context.gone.find(
    (one) =>
      one.store.kind === store.kind &&
      (context.generated.has(one.store.name) || context.generated.has(store.name)),
  )
  if (renamed !== undefined) {
    const what = `it starts empty, and ${renamed.store.name} is gone: a generated name that has moved? Name it as it was (Materialized, as), or reset`
    return { what, verdict: 'needs-reset' }
  }
  const readBefore = context.before.some((one) =>
    one.inputs.some((topic) => inputs.includes(topic)),
  )
  return readBefore
    ? {
        what: 'it starts empty: what its inputs brought before is not in it, unless you reset',
        verdict: 'compatible',
      }
    : { what: 'it starts empty', verdict: 'compatible' }
}

function differences(
  subject: 'store' | 'global-store',
  old: StoreDescription,
  now: StoreDescription,
): Finding[] {
  const findings: Finding[] = []
  const found = (what: string, verdict: Verdict): number => findings.push({ what, verdict })
  if (old.kind !== now.kind) found(`${old.kind} before, ${now.kind} now`, 'needs-reset')
  if (old.windowSizeMs !== now.windowSizeMs)
    found(`windows of ${old.windowSizeMs} ms before, of ${now.windowSizeMs} ms now`, 'needs-reset')
  if ((old.retainDuplicates ?? false) !== (now.retainDuplicates ?? false))
    found(
      now.retainDuplicates === true ? 'it keeps duplicates now' : 'it keeps no duplicates any more',
      'needs-reset',
    )
  if (differ(old.keyFormat, now.keyFormat))
    found(`keys are ${now.keyFormat}, were ${old.keyFormat}`, 'needs-reset')
  if (differ(old.valueFormat, now.valueFormat)) {
    const readable = now.valueReads?.includes(old.valueFormat ?? '') === true
    const what = `values are ${now.valueFormat}, were ${old.valueFormat}`
    if (readable) found(`${what}, which are still read`, 'compatible')
    else found(what, 'needs-reset')
  }
  for (const field of ['retentionMs', 'historyRetentionMs'] as const) {
    const [was, is] = [old[field], now[field]]
    if (was === is || old.kind !== now.kind) continue
    found(
      `kept for ${is} ms, was ${was} ms: what has expired already does not come back`,
      'compatible',
    )
  }
  if (subject === 'global-store') return findings
  if (!old.logged && now.logged)
    found('it gets a changelog, which would lack what is in the store already', 'needs-reset')
  if (old.logged && !now.logged)
    found('no changelog any more: with its disk its state is lost', 'compatible')
  const [wasOnDisk, isOnDisk] = [isKept(old), isKept(now)]
  if (wasOnDisk !== isOnDisk) {
    const what = isOnDisk ? 'kept on disk now' : 'in memory now'
    if (old.logged && now.logged) found(`${what}: restored from its changelog`, 'compatible')
    else found(`${what}, and no changelog to restore it from`, 'needs-reset')
  }
  return findings
}

function isKept({ persistent, entriesMax }: StoreDescription): boolean {
  return persistent && entriesMax === undefined
}

/** Serdes that do not name their format are not compared. */
function differ(old: string | undefined, now: string | undefined): boolean {
  return old !== undefined && now !== undefined && old !== now
}
