import type { ProviderSetting } from '../config/settings/providers.ts'
import type { Settings } from '../config/settings.ts'
import { BY_ISSUER, type Preset, presetOf } from '../login/social/presets.ts'
import type { ClientProof, Provider } from '../login/social/provider.ts'

/** The providers as they are configured, in the order of the configuration. */
export function providersOf({ providers }: Pick<Settings, 'providers'>): readonly Provider[] {
  return Object.entries(providers).map(([id, one]) => toProvider(id, one, presetOf(id)))
}

function toProvider(id: string, one: ProviderSetting, preset: Preset | undefined): Provider {
  const known = preset ?? BY_ISSUER
  const offline: Preset['offline'] = one.keepTokens === true ? known.offline : undefined
  return {
    id,
    name: one.name ?? preset?.name ?? id,
    clientId: one.clientId,
    proof: proofOf(one, preset),
    scopes: one.scopes ?? [...known.scopes, ...(offline?.scopes ?? [])],
    parameters: { ...known.parameters, ...offline?.parameters },
    trustsEmail: one.trustEmail ?? false,
    keepsTokens: one.keepTokens ?? false,
    isPrivate: one.privateNetwork ?? false,
    trustsRecency: one.trustRecency ?? false,
    anew: known.anew ?? {},
    protocol: known.protocol(one),
  }
}

/** What the configuration has checked: where one of them is absent it is not what this provider needs. */
function proofOf(one: ProviderSetting, preset: Preset | undefined): ClientProof {
  const { teamId = '', keyId = '', privateKey, clientSecret, clientAuthentication } = one
  if (preset?.proof === 'apple') {
    return { way: 'apple', teamId, keyId, privateKey: privateKey?.reveal() ?? '' }
  }
  // What OpenID Connect Registration section 2 takes for granted; the presets read it from the body, all of them.
  const way = clientAuthentication ?? (preset === undefined ? 'basic' : 'post')
  return { way, secret: clientSecret?.reveal() ?? '' }
}
