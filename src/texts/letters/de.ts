import { type LetterTexts, lengthIn, sentenceOnWays } from './letter-texts.ts'

const length = lengthIn('de')
const waysLeft = sentenceOnWays(
  'de',
  { one: '# Passkey', other: '# Passkeys' },
  (ways) =>
    `Ohne das Passwort öffnen es weiterhin: ${ways}. Melden Sie sich an und entfernen Sie, was nicht Ihres ist, unter ` +
    '„Verbundene Konten“ und „Anmeldung in zwei Schritten“.',
)

const NOT_YOU = 'Wenn Sie das nicht waren, müssen Sie nichts tun: Ohne den Link geschieht nichts.'

export const de: LetterTexts = {
  linkHelp: 'Wenn die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:',
  letters: {
    verify: ({ service, lifeMilliseconds }) => ({
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${service}`,
      paragraphs: [
        'Bitte bestätigen Sie, dass diese Adresse Ihre ist. ' +
          `Der Link gilt einmal. Er läuft ab in: ${length(lifeMilliseconds)}.`,
      ],
      button: 'Adresse bestätigen',
      after: ['Wenn Sie dort kein Konto haben, müssen Sie nichts tun.'],
    }),
    register: ({ service, lifeMilliseconds }) => ({
      subject: `Schließen Sie Ihre Anmeldung bei ${service} ab`,
      paragraphs: [
        `Jemand möchte mit dieser Adresse ein Konto bei ${service} anlegen. Wenn Sie das waren, folgen Sie dem Link. ` +
          `Er gilt einmal und läuft ab in: ${length(lifeMilliseconds)}.`,
      ],
      button: 'Konto anlegen',
      after: [NOT_YOU],
    }),
    already_registered: ({ service }) => ({
      subject: `Sie haben ein Konto bei ${service}`,
      paragraphs: [
        `Jemand wollte mit dieser Adresse ein Konto bei ${service} anlegen, und es gibt schon eines.`,
        'Wenn Sie das waren, melden Sie sich an. Wissen Sie das Passwort nicht mehr, lassen Sie sich auf der ' +
          'Anmeldeseite ein neues geben.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun.',
      ],
    }),
    invite: ({ service, lifeMilliseconds }) => ({
      subject: `Sie sind zu ${service} eingeladen`,
      paragraphs: [
        `Ein Konto bei ${service} wartet auf Sie. Wählen Sie ein Passwort, um anzufangen. ` +
          `Der Link gilt einmal und läuft ab in: ${length(lifeMilliseconds)}.`,
      ],
      button: 'Konto anlegen',
    }),
    reset: ({ service, lifeMilliseconds }) => ({
      subject: `Wählen Sie ein neues Passwort für ${service}`,
      paragraphs: [
        `Jemand möchte für Ihr Konto bei ${service} ein neues Passwort. Wenn Sie das waren, folgen Sie dem Link. ` +
          `Er gilt einmal und läuft ab in: ${length(lifeMilliseconds)}. API-Schlüssel des Kontos enden damit.`,
      ],
      button: 'Neues Passwort wählen',
      after: [NOT_YOU],
    }),
    change_email: ({ service, lifeMilliseconds }) => ({
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${service}`,
      paragraphs: [
        `Diese Adresse soll die eines Kontos bei ${service} werden. Wenn es Ihres ist, folgen Sie dem Link. ` +
          `Er gilt einmal und läuft ab in: ${length(lifeMilliseconds)}.`,
      ],
      button: 'Diese Adresse verwenden',
      after: [NOT_YOU],
    }),
    keep_email: ({ service, newEmail, lifeMilliseconds }) => ({
      subject: `Ihre E-Mail-Adresse bei ${service} soll geändert werden`,
      paragraphs: [
        `Jemand, der in Ihrem Konto bei ${service} angemeldet ist, möchte die Adresse in ${newEmail} ändern. ` +
          'Sie ändert sich, sobald die neue Adresse bestätigt ist. Wenn Sie das waren, müssen Sie nichts tun.',
        'Wenn Sie das nicht waren, halten Sie es auf. Ihr Konto behält dann diese Adresse, wird überall abgemeldet und ' +
          'bekommt ein neues Passwort. Seine API-Schlüssel enden, und was seit dieser Nachricht zur Anmeldung in zwei ' +
          `Schritten hinzukam, wird entfernt. Der Link läuft ab in: ${length(lifeMilliseconds)}.`,
      ],
      button: 'Änderung aufhalten',
    }),
    email_changed: ({ service, newEmail }) => ({
      subject: `Ihre E-Mail-Adresse bei ${service} wurde geändert`,
      paragraphs:
        newEmail === undefined
          ? [
              `Ihr Konto bei ${service} hat jetzt eine andere Adresse. Von nun an schreiben wir dorthin.`,
              'Wenn Sie das nicht waren, sagen Sie es denen, die den Dienst betreiben.',
            ]
          : [
              `Die Adresse Ihres Kontos bei ${service} ist jetzt ${newEmail}. Von nun an schreiben wir dorthin.`,
              'Wenn Sie das nicht waren, folgen Sie dem Link der vorigen Nachricht: Er macht die Änderung noch rückgängig.',
            ],
    }),
    password_changed: ({ service, otherWays }) => ({
      subject: `Ihr Passwort bei ${service} wurde geändert`,
      paragraphs: [
        `Das Passwort Ihres Kontos bei ${service} wurde geändert, und andere Geräte wurden abgemeldet.`,
        ...waysLeft(otherWays),
        'Wenn Sie das nicht waren, lassen Sie sich auf der Anmeldeseite sofort ein neues Passwort geben.',
      ],
    }),
    password_known: ({ service }) => ({
      subject: `Jemand kennt Ihr Passwort bei ${service}`,
      paragraphs: [
        `Jemand hat das richtige Passwort Ihres Kontos bei ${service} angegeben und dann im zweiten Schritt fünfmal falsch ` +
          'geantwortet. Hineingekommen ist dabei niemand.',
        'Wenn Sie das nicht waren, wählen Sie ein neues Passwort, hier und überall, wo Sie dieses benutzen.',
      ],
    }),
    factor_added: ({ service }) => ({
      subject: `Ihr Konto bei ${service} hat einen neuen zweiten Faktor`,
      paragraphs: [
        `Zu Ihrem Konto bei ${service} kam eine Authenticator-App oder ein Passkey hinzu, und andere Geräte wurden ` +
          'abgemeldet. Die Anmeldung fragt von nun an danach.',
        'Wenn Sie das nicht waren, lassen Sie sich auf der Anmeldeseite sofort ein neues Passwort geben, und melden Sie es ' +
          'dem Betreiber.',
      ],
    }),
    factor_removed: ({ service }) => ({
      subject: `Ein zweiter Faktor Ihres Kontos bei ${service} wurde entfernt`,
      paragraphs: [
        `Aus Ihrem Konto bei ${service} wurde eine Authenticator-App oder ein Passkey entfernt, und andere Geräte wurden ` +
          'abgemeldet.',
        'Wenn Sie das nicht waren, lassen Sie sich auf der Anmeldeseite sofort ein neues Passwort geben, und melden Sie es ' +
          'dem Betreiber.',
      ],
    }),
    identity_added: ({ service }) => ({
      subject: `Ein weiterer Weg, sich bei ${service} anzumelden`,
      paragraphs: [
        `Mit Ihrem Konto bei ${service} wurde ein Konto anderswo verbunden. Damit kann man sich ab jetzt anmelden.`,
        'Wenn Sie das nicht waren, lassen Sie sich auf der Anmeldeseite sofort ein neues Passwort geben und trennen Sie ' +
          'die Verbindung unter „Verbundene Konten“.',
      ],
    }),
    identity_removed: ({ service }) => ({
      subject: `Ein verbundenes Konto bei ${service} wurde entfernt`,
      paragraphs: [
        `Ein Konto anderswo öffnet Ihr Konto bei ${service} nicht mehr, und andere Geräte wurden abgemeldet.`,
        'Wenn Sie das nicht waren, lassen Sie sich auf der Anmeldeseite sofort ein neues Passwort geben.',
      ],
    }),
    account_deleted: ({ service }) => ({
      subject: `Ihr Konto bei ${service} wurde gelöscht`,
      paragraphs: [`Ihr Konto bei ${service} und was dazu gehörte wurde gelöscht, wie Sie es wollten.`],
    }),
  },
}
