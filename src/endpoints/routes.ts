import { dashboard } from './admin.ts'
import {
  changeClient,
  createClient,
  deleteClient,
  listClients,
  readClient,
  rotateClientSecret,
} from './admin-clients.ts'
import { listEvents } from './admin-events.ts'
import { listIdentitiesOfUser, removeIdentityOfUser } from './admin-identities.ts'
import { invite, listInvitations, withdrawInvitation } from './admin-invitations.ts'
import { listKeys, retireKey, revokeKey, rotateKey } from './admin-keys.ts'
import { deleteRole, listRoles, putRole } from './admin-roles.ts'
import { endSessionOfUser, endSessionsOfUser, listSessionsOfUser } from './admin-sessions.ts'
import {
  changeUser,
  deleteUser,
  listUsers,
  readFactors,
  readUser,
  removeFactor,
  resetFactors,
} from './admin-users.ts'
import { listWebhookDeliveries, retryWebhookDelivery } from './admin-webhooks.ts'
import { listApiKeys, makeApiKey, revokeApiKey } from './api-keys.ts'
import { authorize, authorizeByForm } from './authorize.ts'
import { goOn, readSession, signIn, signOut } from './browser-session.ts'
import { listConsents, listConsentsOfUser, revokeConsent, revokeConsentOfUser } from './consents.ts'
import { developmentMail } from './development-mail.ts'
import { deviceAuthorization } from './device-authorization.ts'
import { docs, docsFile, openApi } from './docs.ts'
import { changeEmail, requestVerification, verifyEmail } from './email.ts'
import { forwardAuth, forwardAuthByMethod } from './forward-auth.ts'
import { healthz, readyz } from './health.ts'
import { listIdentities, removeIdentity } from './identities.ts'
import { introspect } from './introspect.ts'
import { logout } from './logout.ts'
import { changeMe, changePassword, readMe } from './me.ts'
import { authorizationServer, jwks, openidConfiguration, protectedResource } from './metadata.ts'
import { metrics } from './metrics.ts'
import { deleteMe, exportMe } from './my-data.ts'
import { oidcLogout, oidcLogoutByForm } from './oidc-logout.ts'
import { forgotPassword, resetPassword } from './password-reset.ts'
import { register } from './register.ts'
import { renew, renewalOptions } from './renewal.ts'
import { revocations } from './revocations.ts'
import { revoke } from './revoke.ts'
import type { Route } from './route.ts'
import {
  addPasskey,
  confirmTotp,
  listFactors,
  makeRecoveryCodes,
  offerPasskey,
  offerTotp,
  removePasskey,
  removeTotp,
  renamePasskey,
} from './second-factors.ts'
import { endSession, endSessions, listSessions } from './sessions.ts'
import {
  addEnrolledPasskey,
  confirmEnrolledTotp,
  enrolPasskey,
  enrolTotp,
  passkeyOptions,
} from './sign-in.ts'
import { refresh, token } from './token.ts'
import { postUserinfo, readUserinfo } from './userinfo.ts'
import { wsTicket } from './ws-ticket.ts'

/** The one table. Router, API description, security tests and coverage check read it. */
export const routes: readonly Route[] = [
  register,
  authorize,
  authorizeByForm,
  deviceAuthorization,
  token,
  refresh,
  logout,
  signIn,
  goOn,
  readSession,
  signOut,
  renewalOptions,
  renew,
  passkeyOptions,
  enrolTotp,
  confirmEnrolledTotp,
  enrolPasskey,
  addEnrolledPasskey,
  oidcLogout,
  oidcLogoutByForm,
  wsTicket,
  revoke,
  introspect,
  readUserinfo,
  postUserinfo,
  readMe,
  changeMe,
  changePassword,
  forgotPassword,
  resetPassword,
  verifyEmail,
  requestVerification,
  changeEmail,
  exportMe,
  deleteMe,
  listSessions,
  endSession,
  endSessions,
  listFactors,
  offerTotp,
  confirmTotp,
  removeTotp,
  makeRecoveryCodes,
  offerPasskey,
  addPasskey,
  renamePasskey,
  removePasskey,
  listIdentities,
  removeIdentity,
  listConsents,
  revokeConsent,
  listApiKeys,
  makeApiKey,
  revokeApiKey,
  dashboard,
  listUsers,
  readUser,
  changeUser,
  deleteUser,
  readFactors,
  removeFactor,
  listIdentitiesOfUser,
  removeIdentityOfUser,
  resetFactors,
  listRoles,
  putRole,
  deleteRole,
  listSessionsOfUser,
  endSessionOfUser,
  endSessionsOfUser,
  invite,
  listInvitations,
  withdrawInvitation,
  listConsentsOfUser,
  revokeConsentOfUser,
  listEvents,
  listWebhookDeliveries,
  retryWebhookDelivery,
  listKeys,
  rotateKey,
  retireKey,
  revokeKey,
  listClients,
  createClient,
  readClient,
  changeClient,
  rotateClientSecret,
  deleteClient,
  revocations,
  forwardAuth,
  ...forwardAuthByMethod,
  jwks,
  authorizationServer,
  openidConfiguration,
  protectedResource,
  openApi,
  docs,
  docsFile,
  developmentMail,
  healthz,
  readyz,
  metrics,
]
