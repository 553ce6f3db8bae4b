import type { Rfq } from './rfq.ts'

/** RFC 9457. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly correlationId: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  /** Of a conflict (409): the RFQ as it is now. */
  readonly current?: Rfq
}
