/** What a live process announces, so that others know what it can read and how long its tokens live. */
export interface NodeAnnouncement {
  /** Its name, by which its refusals name it too. */
  readonly id: string
  /** Fingerprints of the secret keys it reads, the writing one first. */
  readonly secretKeys: readonly string[]
  readonly ringVersion: number
  readonly accessLifeSeconds: number
  /** The algorithm it is to sign access tokens with. */
  readonly algorithm: string
  /** With HS256: fingerprints of the signing secrets it reads, the preferred one first. */
  readonly signingSecrets: readonly string[]
}

/** A node that was not seen for so long is no longer live, though it may go on minting until then. */
export const NODE_SILENCE_SECONDS = 30

export interface NodeVerbs {
  /** Announces this node and resolves to all that are live, this one included. */
  announce(node: NodeAnnouncement): Promise<readonly NodeAnnouncement[]>
  leave(id: string): Promise<void>
  /** All that were seen within the last `NODE_SILENCE_SECONDS`. */
  live(): Promise<readonly NodeAnnouncement[]>
  /** How many live sessions, signing keys, second factors and kept tokens name each secret key, by fingerprint. */
  secretKeyUses(): Promise<Readonly<Record<string, number>>>
}
