import { parseSender } from '../../mail/sender.ts'
import { optional } from '../setting.ts'
import { smtpUrl } from '../storage-urls.ts'
import { isPlainLine, textThat } from '../values.ts'

/** How letters leave the house. In development they can be read at `/dev/mail` and in the log as well. */
export const mail = {
  smtpUrl: optional({
    kind: smtpUrl(),
    environment: 'SMTP_URL',
    secret: true,
    description:
      'The mail server, such as `smtps://user:password@mail.example.com:465`. With `smtp://` the connection must turn to ' +
      'TLS, but on loopback, or where `?requireTLS=false` is added.',
  }),
  mailFrom: optional({
    kind: textThat(
      'a mail address, or a name and one: `Example <no-reply@example.com>`',
      (text) => isPlainLine(text) && parseSender(text) !== undefined,
    ),
    environment: 'MAIL_FROM',
    description: 'The sender of letters. Required with `SMTP_URL`.',
  }),
}
