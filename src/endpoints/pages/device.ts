import { createHmac } from 'node:crypto'
import { answerDevice, type DeviceQuestion, findDevice } from '../../authorization/device.ts'
import { equalTexts } from '../../base/constant-time.ts'
import { networkOf } from '../../base/network.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { Refusal } from '../../errors/refusal.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import type { Reply } from '../../http/reply.ts'
import { deviceCodePage, deviceDonePage, deviceQuestionPage } from '../../pages/device.ts'
import { sentenceOfScope } from '../../pages/scope-sentences.ts'
import { readUserCode, showUserCode } from '../../tokens/device-code.ts'
import { browserOf } from '../browser-request.ts'
import type { RouteContext } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { Form, PageHandler } from './page-route.ts'
import { findSignedIn } from './signed-in.ts'
import { openView, type PageView, pagesOf, queryOf, seeOther } from './view.ts'

type Context = RouteContext<Form>

/** The code that a device shows, and then whose device it is: by the address alone, so that a QR code leads here too. */
export const showDevice: PageHandler = async (context) => {
  const { request, services } = context
  const principal = await findSignedIn(context)
  const typed = new URL(request.url).searchParams.get('user_code') ?? undefined
  if (principal === undefined) return signInFirst(typed, context)
  const view = await openView({ request, services, principal }, ['user_code'])
  if (typed === undefined || typed.trim() === '') {
    const { done } = view.note ?? {}
    const page =
      done === undefined
        ? deviceCodePage(view.frame, view.state)
        : deviceDonePage(view.frame, done === 'allowed')
    return view.send(page)
  }
  const userCode = readUserCode(typed)
  const question = userCode && (await find(userCode, context))
  if (userCode === undefined || !question) return askAgain(view, typed)
  return askAboutDevice(view, question, userCode, context)
}

/** What the person answers. It counts only from our own page, in this session and about the very device that was shown. */
export const answerForDevice: PageHandler = async (context) => {
  const { body, services } = context
  const { user_code, request_token, answer } = readFields(body, {
    user_code: { most: 20 },
    request_token: { most: 100 },
    answer: { most: 10 },
  })
  const userCode = readUserCode(user_code)
  const question = userCode && (await find(userCode, context))
  if (!question || !equalTexts(request_token, requestToken(question, context)))
    throw new AuthError('CONSENT_STALE')
  if (answer !== 'allow' && answer !== 'deny') throw new AuthError('CONSENT_STALE')
  const isAllowed = answer === 'allow'
  try {
    const counts = await answerDevice(question, isAllowed, await browserOf(context), services.grants)
    if (!counts) throw new AuthError('CONSENT_STALE')
  } catch (error) {
    // A session of before a second factor was set up, or had to be: it is asked for, and the question comes again.
    if (isFactorDue(error)) return proveAgainFirst(userCode, services)
    throw error
  }
  const { base, cookies } = pagesOf(services)
  return seeOther(`${base}/device`, [
    cookies.writeNote({ page: '/device', done: isAllowed ? 'allowed' : 'denied' }),
  ])
}

function proveAgainFirst(userCode: string, services: Context['services']): Reply {
  const { base } = pagesOf(services)
  const returnTo = `${base}/device${queryOf({ user_code: showUserCode(userCode) })}`
  return seeOther(`${base}/login/again${queryOf({ return_to: returnTo })}`)
}

function isFactorDue(error: unknown): boolean {
  return error instanceof AuthError && ['MFA_REQUIRED', 'MFA_ENROLMENT_REQUIRED'].includes(error.code)
}

function signInFirst(typed: string | undefined, { services }: Context): Reply {
  const { base, cookies } = pagesOf(services)
  const returnTo = `${base}/device${queryOf({ user_code: typed?.slice(0, 20) })}`
  return seeOther(`${base}/login${queryOf({ return_to: returnTo })}`, [
    cookies.writeNote({ page: '/login', done: 'please' }),
  ])
}

async function find(userCode: string, context: Context): Promise<DeviceQuestion | undefined> {
  const { signIn } = await browserOf(context)
  return signIn && findDevice(userCode, signIn, context.services.grants)
}

function askAgain({ send, frame, state }: PageView, typed: string): Reply {
  const problems = [{ field: 'user_code', message: frame.texts.device.unknown }]
  const values = { user_code: typed.slice(0, 20) }
  const reply = send(deviceCodePage(frame, { ...state, values, problems }), { status: 400 })
  return { ...reply, refusal: new Refusal('USER_CODE_UNKNOWN') }
}

function askAboutDevice(
  { send, frame, state }: PageView,
  question: DeviceQuestion,
  userCode: string,
  context: Context,
): Reply {
  const { services, address } = context
  const { device, client, user, scope, lifeSeconds } = question
  const shown = showUserCode(userCode)
  const there = networkOf(device.address)
  return send(
    deviceQuestionPage(frame, state, {
      clientName: client.name,
      userName: user.username ?? user.email,
      userCode: shown,
      permissions: scope.map((name) => sentenceOfScope(frame.texts, name, services.permissions.scopes)),
      lifeSeconds,
      agent: device.agent,
      address: device.address,
      askedAt: device.askedAt,
      isElsewhere: there !== undefined && there !== networkOf(address),
      hidden: { user_code: shown, request_token: requestToken(question, context) },
    }),
  )
}

/** Binds an answer to the session, to the device and to what was shown: nothing else can be put in its place. */
function requestToken({ device, scope }: DeviceQuestion, { request, services }: Context): string {
  const cookie = services.sessionCookies.read(guardRequestOf(request))
  if (cookie === undefined) throw new AuthError('CONSENT_STALE')
  return createHmac('sha256', cookie.secret)
    .update(`device ${device.hash} ${scope.join(' ')}`)
    .digest('base64url')
}
