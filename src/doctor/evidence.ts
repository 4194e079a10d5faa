/**
 * What the doctor is shown. The names are those of the vocabulary of our case files, so that a case is evidence as it
 * stands. Times are unix seconds. Credentials stand here in the clear; nothing that is printed may repeat them
 * (`redact.ts`).
 */
export type Header = readonly [name: string, value: string]

export interface HttpRequest {
  readonly method: string
  /** Absolute as the client wrote it, path and query as the service read it. */
  readonly url: string
  /** In order and with repetitions; each code point up to U+00FF is one byte. */
  readonly headers: readonly Header[]
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  readonly headers: readonly Header[]
  readonly body?: string
}

/** One call, as far as it was seen: from the client's side, from the service's, and what came back. */
export interface Exchange {
  readonly as_sent?: HttpRequest
  readonly as_received?: HttpRequest
  readonly response?: HttpResponse
  /** Names of headers that the record leaves out, in lower case: that they are absent from it says nothing. */
  readonly withheld?: readonly string[]
}

export type Jwk = Readonly<Record<string, unknown>>

/** The effective configuration of the service that judged. */
export interface ServiceConfig {
  readonly environment?: string
  readonly issuer?: string
  readonly audience?: string | readonly string[]
  readonly algorithms?: readonly string[]
  readonly keys?: readonly Jwk[]
  readonly secret?: string
  readonly secret_source?: 'environment' | 'file' | 'literal' | 'generated_at_start'
  /** A text when it was given as a text. */
  readonly access_ttl_s?: number | string
  readonly skew_s?: number
  readonly scheme?: string
  readonly public_url?: string
  readonly trusted_proxy_hops?: number
  readonly version_claim?: { readonly name: string; readonly form: string }
  readonly key_cache?: { readonly fetched_at: number; readonly keys: readonly Jwk[] }
  readonly required_claims?: readonly { readonly claim: string; readonly since?: number }[]
  readonly revocation?: { readonly lookup: string }
  readonly environments?: readonly {
    readonly name: string
    readonly issuer: string
    readonly keys?: readonly Jwk[]
  }[]
  readonly verifier?: {
    readonly library: string
    readonly version?: string
    readonly options?: Readonly<Record<string, unknown>>
  }
  readonly api_key_header?: string
  readonly in_front?: readonly {
    readonly software: string
    readonly settings?: Readonly<Record<string, unknown>>
  }[]
}

export interface DeployedNode {
  readonly name: string
  readonly started_at?: number
  readonly release?: string
  /** Its clock minus true time. */
  readonly clock_offset_s?: number
  readonly config: ServiceConfig
}

type Maybe<Value> = Value | null | undefined

/** A refusal, sign-in, refresh or audit event as the service wrote it. */
export interface EventLine {
  readonly time: number
  readonly type: Maybe<string>
  readonly outcome: Maybe<string>
  readonly status?: number
  readonly code?: Maybe<string>
  readonly check?: Maybe<string>
  readonly detail?: Maybe<string>
  readonly reference?: Maybe<string>
  readonly node?: Maybe<string>
  readonly issued_by?: Maybe<string>
  readonly route?: Maybe<string>
  readonly credential?: Maybe<string>
  readonly credential_fp?: Maybe<string>
  readonly key_fp?: Maybe<string>
  readonly config_fp?: Maybe<string>
  readonly alg?: Maybe<string>
  readonly kid?: Maybe<string>
  readonly iss?: Maybe<string>
  readonly aud?: Maybe<string>
  readonly iat?: number
  readonly exp?: number
  readonly jti?: Maybe<string>
  readonly user?: Maybe<string>
  readonly login?: Maybe<string>
  readonly session?: Maybe<string>
  readonly generation?: number
  readonly current?: number
  readonly successor_used?: Maybe<boolean>
  readonly delivered?: Maybe<boolean>
  readonly ended?: Maybe<string>
  readonly device?: Maybe<string>
  readonly user_agent?: Maybe<string>
  readonly address?: Maybe<string>
  readonly peer?: Maybe<string>
  readonly forwarded_for?: Maybe<string>
  readonly limiter_key?: Maybe<string>
  readonly address_known?: Maybe<boolean>
  readonly from?: Maybe<string>
  readonly to?: Maybe<string>
}

export interface StoredUser {
  readonly id: string
  readonly username?: string
  readonly email?: string
  readonly ver?: number
  readonly epoch?: number
  readonly disabled?: boolean
  readonly verified?: boolean
  readonly roles?: readonly string[]
}

export interface StoredSession {
  readonly id: string
  readonly user: string
  readonly generation?: number
  readonly created_at?: number
  readonly last_used_at?: number | null
  readonly ended_at?: number | null
  readonly ended_by?: string
}

/** Rows at the time of the case. A list that is absent was not looked at, an empty one was. */
export interface StoreRows {
  readonly users?: readonly StoredUser[]
  readonly sessions?: readonly StoredSession[]
  readonly clients?: readonly {
    readonly id: string
    readonly redirect_uris?: readonly string[]
    readonly scopes?: readonly string[]
  }[]
  readonly keys?: readonly {
    readonly kid: string
    readonly alg?: string
    readonly phase: 'next' | 'active' | 'retiring' | 'gone'
    readonly since?: number
  }[]
  readonly deny_list?: readonly {
    readonly entry: string
    readonly added_at?: number
    readonly until?: number
    readonly reason?: string
  }[]
}

export interface InventoryRoute {
  readonly method: string
  readonly path: string
  readonly guard: string | null
  readonly scopes?: readonly string[]
  /** Declared open on purpose. */
  readonly public: boolean
}

export interface ClockReading {
  readonly who: 'server' | 'issuer' | 'client' | 'reference'
  readonly from: 'system_clock' | 'date_header' | 'ntp'
  readonly moment: 'now' | 'issue'
  readonly reads: number
}

export interface ClientSide {
  readonly registration?: {
    readonly client_id: string
    readonly redirect_uris?: readonly string[]
    readonly scopes?: readonly string[]
    readonly token_endpoint_auth_method?: string
  }
  readonly code?: readonly { readonly language: string; readonly file?: string; readonly text: string }[]
  readonly settings?: Readonly<Record<string, string | number | boolean | null>>
}

/** An OpenAPI document as served. Anything may stand in it. */
export interface OpenApiEvidence {
  readonly url: string
  readonly document: Readonly<Record<string, unknown>>
}

/** Everything that was found out. What is absent was not looked at. */
export interface Evidence {
  readonly tokens?: readonly {
    readonly text: string
    readonly request?: { readonly method: string; readonly path: string }
    /** Whether the issuer itself, which hands out no secret, found the signature genuine. */
    readonly genuine?: boolean
  }[]
  readonly config?: ServiceConfig
  readonly nodes?: readonly DeployedNode[]
  readonly exchanges?: readonly Exchange[]
  /** Nothing else was sent. */
  readonly complete?: boolean
  readonly events?: readonly EventLine[]
  readonly store?: StoreRows
  readonly openapi?: OpenApiEvidence
  readonly routes?: readonly InventoryRoute[]
  readonly clocks?: readonly ClockReading[]
  readonly jwks?: { readonly url: string; readonly fetched_at: number; readonly keys: readonly Jwk[] }
  readonly client?: ClientSide
}
