import { join } from 'node:path'
import { parseType } from '../avro-type.ts'
import { type Compatibility, canonicalSchema, compatibilityFailures } from '../compatibility.ts'
import type { AvroSchema } from '../schema.ts'
import {
  RegistryError,
  unknownSchema,
  unknownSchemaId,
  unknownSubject,
  unknownVersion,
} from './registry-error.ts'
import {
  memoryJournal,
  openRegistryJournal,
  type RegistryChange,
  type RegistryJournal,
} from './registry-journal.ts'

/** A version of a subject as the REST API shows it. */
export interface SubjectVersion {
  readonly subject: string
  readonly version: number
  readonly id: number
  /** The schema's JSON text. */
  readonly schema: string
}

interface StoredVersion extends SubjectVersion {
  readonly deleted: boolean
}

/** `latest`, or a version's number. */
export type VersionQuery = number | 'latest'

const DEFAULT_LEVEL: Compatibility = 'BACKWARD_TRANSITIVE'
const SCHEMAS_MAX = 100_000

/**
 * Subjects, versions, ids and compatibility levels, with Confluent's semantics: ids name contents across subjects, registering again is
 * idempotent, deletion is soft before it is permanent. Every method throws RegistryError.
 */
export class SubjectStore {
  readonly #subjects = new Map<string, StoredVersion[]>()
  /** Highest version that a subject ever had: a number is not given twice. */
  readonly #lastVersions = new Map<string, number>()
  readonly #schemas = new Map<number, string>()
  readonly #idsByContent = new Map<string, number>()
  readonly #levels = new Map<string | null, Compatibility>()
  #journal: RegistryJournal = memoryJournal

  /** @param directory where the journal is kept; undefined: in memory only */
  constructor(directory: string | undefined) {
    if (directory !== undefined) {
      this.#journal = openRegistryJournal(join(directory, 'schema-registry.jsonl'), (change) =>
        this.#apply(change),
      )
    }
  }

  close(): void {
    this.#journal.close()
  }

  subjects(options: { readonly deleted: boolean }): readonly string[] {
    return [...this.#subjects]
      .filter(([, versions]) => versions.some(({ deleted }) => options.deleted || !deleted))
      .map(([subject]) => subject)
      .sort()
  }

  versions(subject: string, options: { readonly deleted: boolean }): readonly SubjectVersion[] {
    const versions = this.#subjects
      .get(subject)
      ?.filter(({ deleted }) => options.deleted || !deleted)
    if (versions === undefined || versions.length === 0) throw unknownSubject(subject)
    return versions.map(({ version, id, schema }) => ({ subject, version, id, schema }))
  }

  version(
    subject: string,
    query: VersionQuery,
    options: { readonly deleted: boolean },
  ): SubjectVersion {
    const versions = this.versions(subject, options)
    const found =
      query === 'latest' ? versions.at(-1) : versions.find(({ version }) => version === query)
    if (found === undefined) throw unknownVersion(query)
    return found
  }

  /** The version of the subject that has this schema. */
  lookUp(subject: string, text: string, options: { readonly deleted: boolean }): SubjectVersion {
    const id = this.#idsByContent.get(contentOf(text))
    const found = this.versions(subject, options).find((version) => version.id === id)
    if (found === undefined) throw unknownSchema()
    return found
  }

  register(subject: string, text: string): SubjectVersion {
    const content = contentOf(text)
    const live = this.#subjects.get(subject)?.filter(({ deleted }) => !deleted) ?? []
    const known = this.#idsByContent.get(content)
    const existing = live.find(({ id }) => id === known)
    if (existing !== undefined) return existing
    const failures = this.#failures(subject, text, live)
    if (failures.length > 0) {
      throw new RegistryError(
        409,
        `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${failures.join('; ')}]`,
      )
    }
    if (known === undefined && this.#schemas.size >= SCHEMAS_MAX) {
      throw new RegistryError(50001, `The registry holds its maximum of ${SCHEMAS_MAX} schemas`)
    }
    const stored = {
      subject,
      version: (this.#lastVersions.get(subject) ?? 0) + 1,
      id: known ?? this.#schemas.size + 1,
      schema: text,
    }
    this.#change({ kind: 'register', ...stored })
    return stored
  }

  schemaById(id: number): string {
    const schema = this.#schemas.get(id)
    if (schema === undefined) throw unknownSchemaId(id)
    return schema
  }

  /** Where a schema is used. */
  versionsOf(id: number): readonly SubjectVersion[] {
    this.schemaById(id)
    return [...this.#subjects.values()]
      .flat()
      .filter((version) => version.id === id && !version.deleted)
  }

  deleteSubject(subject: string, permanent: boolean): readonly number[] {
    const versions = this.#subjects.get(subject)
    if (versions === undefined) throw unknownSubject(subject)
    const live = versions.filter(({ deleted }) => !deleted)
    if (permanent && live.length > 0) {
      throw new RegistryError(
        40405,
        `Subject '${subject}' was not deleted first before being permanently deleted`,
      )
    }
    if (!permanent && live.length === 0) {
      throw new RegistryError(
        40404,
        `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`,
      )
    }
    const numbers = (permanent ? versions : live).map(({ version }) => version)
    for (const version of numbers) this.#change({ kind: 'delete', subject, version, permanent })
    return numbers
  }

  deleteVersion(subject: string, query: VersionQuery, permanent: boolean): number {
    const { version } = this.version(subject, query, { deleted: true })
    const deleted =
      this.#subjects.get(subject)?.find((stored) => stored.version === version)?.deleted === true
    if (permanent && !deleted) {
      throw new RegistryError(
        40407,
        `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
      )
    }
    if (!permanent && deleted) {
      throw new RegistryError(
        40406,
        `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
      )
    }
    this.#change({ kind: 'delete', subject, version, permanent })
    return version
  }

  /** Why a schema may not follow what the subject has; empty when it may. With a version: against that one alone. */
  incompatibilities(subject: string, text: string, query?: VersionQuery): readonly string[] {
    contentOf(text)
    const versions =
      query === undefined
        ? this.versions(subject, { deleted: false })
        : [this.version(subject, query, { deleted: false })]
    return this.#failures(subject, text, versions)
  }

  level(subject: string): Compatibility {
    return this.#levels.get(subject) ?? this.defaultLevel
  }

  get defaultLevel(): Compatibility {
    return this.#levels.get(null) ?? DEFAULT_LEVEL
  }

  /** Undefined when the subject follows the default. */
  ownLevel(subject: string): Compatibility | undefined {
    return this.#levels.get(subject)
  }

  /** @param subject null for the default; @param level null removes the subject's own */
  setLevel(subject: string | null, level: Compatibility | null): void {
    if ((this.#levels.get(subject) ?? null) !== level)
      this.#change({ kind: 'config', subject, level })
  }

  #failures(subject: string, text: string, versions: readonly SubjectVersion[]): readonly string[] {
    const level = this.level(subject)
    const earlier = versions.map(({ schema }) => JSON.parse(schema) as AvroSchema)
    return compatibilityFailures(level, JSON.parse(text) as AvroSchema, earlier).map(
      ({ index, reason }) => {
        const version = versions[index] as SubjectVersion
        return `version ${version.version} (id ${version.id}), compatibility ${level}: ${reason}`
      },
    )
  }

  #change(change: RegistryChange): void {
    this.#journal.append(change)
    this.#apply(change)
  }

  #apply(change: RegistryChange): void {
    switch (change.kind) {
      case 'register': {
        const { subject, version, id, schema } = change
        const versions = this.#subjects.get(subject) ?? []
        // Registering what was deleted gives it a new version; the soft-deleted one stays as it is.
        versions.push({ subject, version, id, schema, deleted: false })
        this.#subjects.set(subject, versions)
        this.#lastVersions.set(subject, version)
        if (!this.#schemas.has(id)) this.#schemas.set(id, schema)
        this.#idsByContent.set(contentOf(schema), id)
        return
      }
      case 'delete': {
        const { subject, version, permanent } = change
        const versions = this.#subjects.get(subject) ?? []
        const rest = permanent
          ? versions.filter((stored) => stored.version !== version)
          : versions.map((stored) =>
              stored.version === version ? { ...stored, deleted: true } : stored,
            )
        if (rest.length > 0) this.#subjects.set(subject, rest)
        else {
          this.#subjects.delete(subject)
          this.#lastVersions.delete(subject)
        }
        return
      }
      case 'config': {
        if (change.level === null) this.#levels.delete(change.subject)
        else this.#levels.set(change.subject, change.level)
        return
      }
    }
  }
}

/** Text that is equal for equal schemas. @throws {RegistryError} 42201 for what is no schema */
function contentOf(text: string): string {
  try {
    const schema = JSON.parse(text) as AvroSchema
    parseType(schema)
    return canonicalSchema(schema)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new RegistryError(42201, `Invalid schema: ${message.slice(0, 500)}`)
  }
}
