import { z } from 'zod'
import { startDevice } from '../authorization/device.ts'
import { AuthError } from '../errors/auth-error.ts'
import { anyone } from '../model/access.ts'
import { DEVICE_CODE_GRANT } from '../model/device-code.ts'
import { text } from '../model/text-field.ts'
import { DEVICE_CODE_LIFE_MILLISECONDS, POLL_MILLISECONDS, showUserCode } from '../tokens/device-code.ts'
import { clientOf, countClient } from './client-request.ts'
import { json, route } from './route.ts'
import { clientParts } from './schemas.ts'

// RFC 8628 section 3.1: parameters that are not known are ignored.
const parameters = z
  .looseObject({
    scope: text(2000, 0).optional().meta({ description: 'What the device may, once it is allowed.' }),
    resource: text(2000, 0).optional().meta({ description: 'The API that the token is for (RFC 8707).' }),
    ...clientParts,
  })
  .meta({ id: 'DeviceAuthorizationRequest' })

const answer = z
  .object({
    device_code: z.string().meta({ description: 'What the device asks the token endpoint with; secret.' }),
    user_code: z.string().meta({ description: 'What the device shows.' }),
    verification_uri: z.string().meta({ description: 'Where the person enters it.' }),
    verification_uri_complete: z
      .string()
      .meta({ description: 'The same with the code in it, for a QR code.' }),
    expires_in: z.int().meta({ description: 'Seconds until both codes are over.' }),
    interval: z.int().meta({ description: 'Seconds between two questions at the token endpoint.' }),
  })
  .meta({ id: 'DeviceAuthorizationAnswer' })

export const deviceAuthorization = route({
  method: 'POST',
  path: '/device_authorization',
  access: anyone,
  limit: { count: 60, periodMilliseconds: 60_000 },
  tag: 'Tokens',
  style: 'oauth',
  summary: 'Start on a device without a browser (RFC 8628)',
  description:
    'For a television or a command line: it shows the code, a person enters it elsewhere and allows it, and the device ' +
    `asks \`POST /token\` with \`grant_type=${DEVICE_CODE_GRANT}\` until then.`,
  body: { types: ['form'], schema: parameters, example: { client_id: 'television' } },
  answers: {
    200: {
      description: 'The two codes.',
      schema: answer,
      example: {
        device_code: 'cs_device_AQ…',
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://auth.example.com/device',
        verification_uri_complete: 'https://auth.example.com/device?user_code=WDJB-MJHT',
        expires_in: 600,
        interval: 5,
      },
    },
    400: {
      description: '`unauthorized_client`, `invalid_scope` and the other refusals of RFC 6749 section 5.2.',
    },
    401: { description: '`invalid_client`.' },
  },
  async handle(context) {
    const { services, origin, body } = context
    // Without our pages there is nowhere to enter a code.
    if (services.pages === undefined) throw new AuthError('GRANT_UNSUPPORTED')
    const { client } = await clientOf(context, body)
    await countClient(client, context)
    const { scope, resource } = body
    const codes = await startDevice({ client, scope, resource, origin }, services.grants)
    const userCode = showUserCode(codes.userCode)
    const address = `${services.grants.settings.issuer}/device`
    return json({
      device_code: codes.deviceCode,
      user_code: userCode,
      verification_uri: address,
      verification_uri_complete: `${address}?user_code=${userCode}`,
      expires_in: DEVICE_CODE_LIFE_MILLISECONDS / 1000,
      interval: POLL_MILLISECONDS / 1000,
    })
  },
})
