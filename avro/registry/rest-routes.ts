import { RegistryError } from './registry-error.ts'
import { idOf, levelOf, schemaTextOf, subjectOf, versionOf } from './rest-requests.ts'
import type { SubjectStore } from './subject-store.ts'

export interface RestRequest {
  readonly method: string
  /** Decoded parts of the path. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown
}

interface Route {
  readonly method: string
  /** `*` takes one part of the path and hands it to `answer`. */
  readonly path: string
  readonly answer: (store: SubjectStore, request: RestRequest, parts: readonly string[]) => unknown
}

/** Confluent Schema Registry's REST API, as far as Avro without references goes. */
const ROUTES: readonly Route[] = [
  { method: 'GET', path: '', answer: () => ({}) },
  { method: 'GET', path: 'subjects', answer: (store, { query }) => subjects(store, query) },
  {
    method: 'POST',
    path: 'subjects/*',
    answer: (store, { body, query }, [subject = '']) =>
      store.lookUp(subjectOf(subject), schemaTextOf(body), { deleted: flag(query, 'deleted') }),
  },
  {
    method: 'DELETE',
    path: 'subjects/*',
    answer: (store, { query }, [subject = '']) =>
      store.deleteSubject(subjectOf(subject), flag(query, 'permanent')),
  },
  {
    method: 'GET',
    path: 'subjects/*/versions',
    answer: (store, { query }, [subject = '']) =>
      store
        .versions(subjectOf(subject), { deleted: flag(query, 'deleted') })
        .map(({ version }) => version),
  },
  {
    method: 'POST',
    path: 'subjects/*/versions',
    answer: (store, { body }, [subject = '']) => ({
      id: store.register(subjectOf(subject), schemaTextOf(body)).id,
    }),
  },
  {
    method: 'GET',
    path: 'subjects/*/versions/*',
    answer: (store, { query }, [subject = '', version = '']) =>
      store.version(subjectOf(subject), versionOf(version), { deleted: flag(query, 'deleted') }),
  },
  {
    method: 'GET',
    path: 'subjects/*/versions/*/schema',
    answer: (store, { query }, [subject = '', version = '']) =>
      JSON.parse(
        store.version(subjectOf(subject), versionOf(version), { deleted: flag(query, 'deleted') })
          .schema,
      ),
  },
  {
    method: 'GET',
    path: 'subjects/*/versions/*/referencedby',
    answer: (store, _request, [subject = '', version = '']) => {
      store.version(subjectOf(subject), versionOf(version), { deleted: false })
      return []
    },
  },
  {
    method: 'DELETE',
    path: 'subjects/*/versions/*',
    answer: (store, { query }, [subject = '', version = '']) =>
      store.deleteVersion(subjectOf(subject), versionOf(version), flag(query, 'permanent')),
  },
  { method: 'GET', path: 'schemas/types', answer: () => ['AVRO'] },
  {
    method: 'GET',
    path: 'schemas/ids/*',
    answer: (store, _request, [id = '']) => ({ schema: store.schemaById(idOf(id)) }),
  },
  {
    method: 'GET',
    path: 'schemas/ids/*/schema',
    answer: (store, _request, [id = '']) => JSON.parse(store.schemaById(idOf(id))),
  },
  {
    method: 'GET',
    path: 'schemas/ids/*/subjects',
    answer: (store, _request, [id = '']) => [
      ...new Set(store.versionsOf(idOf(id)).map(({ subject }) => subject)),
    ],
  },
  {
    method: 'GET',
    path: 'schemas/ids/*/versions',
    answer: (store, _request, [id = '']) =>
      store.versionsOf(idOf(id)).map(({ subject, version }) => ({ subject, version })),
  },
  {
    method: 'GET',
    path: 'config',
    answer: (store) => ({ compatibilityLevel: store.defaultLevel }),
  },
  {
    method: 'PUT',
    path: 'config',
    answer: (store, { body }) => {
      const compatibility = levelOf(body)
      store.setLevel(null, compatibility)
      return { compatibility }
    },
  },
  {
    method: 'GET',
    path: 'config/*',
    answer: (store, { query }, [subject = '']) => {
      const own = store.ownLevel(subjectOf(subject))
      if (own === undefined && !flag(query, 'defaultToGlobal')) {
        throw new RegistryError(
          40408,
          `Subject '${subject}' does not have subject-level compatibility configured`,
        )
      }
      return { compatibilityLevel: store.level(subject) }
    },
  },
  {
    method: 'PUT',
    path: 'config/*',
    answer: (store, { body }, [subject = '']) => {
      const compatibility = levelOf(body)
      store.setLevel(subjectOf(subject), compatibility)
      return { compatibility }
    },
  },
  {
    method: 'DELETE',
    path: 'config/*',
    answer: (store, _request, [subject = '']) => {
      const own = store.ownLevel(subjectOf(subject))
      if (own === undefined) throw new RegistryError(40401, `Subject '${subject}' not found.`)
      store.setLevel(subject, null)
      return { compatibilityLevel: own }
    },
  },
  { method: 'GET', path: 'mode', answer: () => ({ mode: 'READWRITE' }) },
  {
    method: 'GET',
    path: 'mode/*',
    answer: (_store, { query }, [subject = '']) => {
      if (flag(query, 'defaultToGlobal')) return { mode: 'READWRITE' }
      throw new RegistryError(
        40409,
        `Subject '${subject}' does not have subject-level mode configured`,
      )
    },
  },
  {
    method: 'POST',
    path: 'compatibility/subjects/*/versions',
    answer: (store, { body, query }, [subject = '']) =>
      compatibilityOf(store.incompatibilities(subjectOf(subject), schemaTextOf(body)), query),
  },
  {
    method: 'POST',
    path: 'compatibility/subjects/*/versions/*',
    answer: (store, { body, query }, [subject = '', version = '']) =>
      compatibilityOf(
        store.incompatibilities(subjectOf(subject), schemaTextOf(body), versionOf(version)),
        query,
      ),
  },
]

/** @throws {RegistryError} */
export function answer(store: SubjectStore, request: RestRequest): unknown {
  let pathIsKnown = false
  for (const { method, path, answer } of ROUTES) {
    const parts = match(path, request.path)
    if (parts === undefined) continue
    if (method === request.method) return answer(store, request, parts)
    pathIsKnown = true
  }
  throw pathIsKnown
    ? new RegistryError(405, 'HTTP 405 Method Not Allowed')
    : new RegistryError(404, 'HTTP 404 Not Found')
}

function match(pattern: string, path: readonly string[]): readonly string[] | undefined {
  const expected = pattern === '' ? [] : pattern.split('/')
  if (expected.length !== path.length) return undefined
  const parts: string[] = []
  for (const [index, part] of path.entries()) {
    if (expected[index] === '*') parts.push(part)
    else if (expected[index] !== part) return undefined
  }
  return parts
}

function subjects(store: SubjectStore, query: URLSearchParams): readonly string[] {
  const prefix = query.get('subjectPrefix') ?? ''
  return store
    .subjects({ deleted: flag(query, 'deleted') })
    .filter((subject) => subject.startsWith(prefix))
}

function compatibilityOf(failures: readonly string[], query: URLSearchParams): unknown {
  const is_compatible = failures.length === 0
  return flag(query, 'verbose') ? { is_compatible, messages: failures } : { is_compatible }
}

function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name) === 'true'
}
