import type { SignInTexts } from '../en/sign-in.ts'
import { pluralIn } from '../plural.ts'

const plural = pluralIn('de')

export const signIn: SignInTexts = {
  login: {
    title: 'Anmelden',
    button: 'Anmelden',
    forgot: 'Passwort vergessen?',
    newHere: 'Noch kein Konto?',
    register: 'Konto anlegen',
    signedOut: 'Sie sind abgemeldet.',
    please: 'Melden Sie sich an, um fortzufahren.',
    ended: 'Ihre Sitzung ist beendet. Melden Sie sich an, um fortzufahren.',
    again: 'Dafür braucht es eine frische Anmeldung. Geben Sie Ihr Passwort noch einmal ein.',
    deleted: 'Ihr Konto ist gelöscht.',
    with: (provider) => `Weiter mit ${provider}`,
  },
  register: {
    title: 'Konto anlegen',
    button: 'Konto anlegen',
    haveOne: 'Sie haben schon ein Konto?',
    signIn: 'Anmelden',
    closedTitle: 'Keine Registrierung',
    closed: 'Neue Konten legt an, wer diesen Dienst betreibt. Bitten Sie dort um eines.',
    done: 'Ihr Konto ist bereit.',
    inviteTitle: 'Nur mit Einladung',
    invite: 'Neue Konten brauchen eine Einladung. Öffnen Sie den Link in der, die Sie bekommen haben.',
    invited: (email) => `Sie sind mit der Adresse ${email} eingeladen.`,
    sentTitle: 'Sehen Sie in Ihre Post',
    sent: (email) =>
      `Wir haben einen Brief an ${email} gesendet. Öffnen Sie innerhalb einer Stunde den Link darin.`,
    restTitle: 'Noch ein Schritt',
    rest: (email) => `Ihr Konto bekommt die Adresse ${email}. Wir brauchen noch ein paar Angaben.`,
  },
  verify: {
    askTitle: 'Adresse bestätigen',
    askLead: 'Wir senden einen Link an die Adresse Ihres Kontos.',
    askButton: 'Link senden',
    asked:
      'Wenn es ein Konto mit einer unbestätigten Adresse gibt, haben wir einen Link gesendet. Er gilt eine Stunde.',
    register: {
      title: 'Konto anlegen?',
      lead: (email) => `Mit der Adresse ${email}.`,
      proof:
        'Geben Sie das Passwort ein, das Sie gewählt haben. Wenn Sie dieses Konto nicht wollten, tun Sie nichts.',
      button: 'Konto anlegen',
      done: 'Ihr Konto ist bereit. Melden Sie sich an.',
    },
    verify: {
      title: 'Adresse bestätigen?',
      lead: (email) => `${email} gehört Ihnen und zu diesem Konto.`,
      button: 'Adresse bestätigen',
      done: 'Ihre Adresse ist bestätigt.',
    },
    change: {
      title: 'Adresse ändern?',
      lead: (email) => `Ab jetzt hat Ihr Konto die Adresse ${email}.`,
      button: 'Adresse ändern',
      done: 'Ihre Adresse ist geändert.',
    },
    keep: {
      title: 'Adresse behalten?',
      lead: (email) =>
        `Ihr Konto behält die Adresse ${email}, alle werden abgemeldet, und das Passwort gilt nicht mehr. Wir senden Ihnen einen Link für ein neues.`,
      button: 'Meine Adresse behalten',
      done: 'Ihre Adresse bleibt. Alle sind abgemeldet, und wir haben Ihnen einen Link für ein neues Passwort gesendet.',
    },
  },
  reset: {
    askTitle: 'Passwort vergessen?',
    askLead: 'Sagen Sie uns, wer Sie sind, und wir senden Ihnen einen Link für ein neues.',
    askButton: 'Link senden',
    asked: 'Wenn es zu diesem Namen ein Konto gibt, haben wir einen Link gesendet. Er gilt eine Stunde.',
    title: 'Neues Passwort wählen',
    lead: (email) => `Für das Konto von ${email}. Alle Geräte werden abgemeldet.`,
    button: 'Passwort speichern',
    done: 'Ihr Passwort ist geändert. Melden Sie sich damit an.',
    letters: 'Briefe dieses Entwicklungsservers',
  },
  step: {
    title: 'Code eingeben',
    lead: 'Ihre Authenticator-App zeigt ihn.',
    code: 'Sechs Ziffern',
    button: 'Weiter',
    recoveryTitle: 'Wiederherstellungscode benutzen',
    recoveryLead: 'Jeder gilt einmal.',
    recovery: 'Wiederherstellungscode',
    useRecovery: 'Kein Telefon zur Hand? Wiederherstellungscode benutzen',
    useApp: 'Authenticator-App benutzen',
    passkeyTitle: 'Passkey benutzen',
    passkeyLead: 'Ihr Gerät fragt danach.',
    passkey: 'Mit Passkey',
    passkeyFailed:
      'Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal oder nehmen Sie einen anderen Weg.',
    needsScript: 'Passkeys brauchen JavaScript.',
    or: 'oder',
    again: 'Sind Sie es?',
    againLead: 'Was jetzt kommt, braucht einen frischen Nachweis.',
    setPassword: 'Ein Passwort setzen, über einen Link in einer Mail an Sie',
    startAgain: 'Von vorn beginnen',
  },
  signOut: {
    title: 'Abmelden?',
    text: (name) => `Auf diesem Gerät sind Sie als ${name} angemeldet.`,
    button: 'Abmelden',
    stay: 'Angemeldet bleiben',
  },
  consent: {
    title: (client) => `${client} erlauben?`,
    lead: (client, name) => `${client} bittet um Zugriff auf Ihr Konto ${name}.`,
    may: 'Dann kann diese Anwendung',
    nothing: 'Um mehr bittet die Anwendung nicht.',
    forDays: (count) =>
      plural(count, {
        one: 'Das gilt # Tag lang, oder bis Sie es in Ihrem Konto zurücknehmen.',
        other: 'Das gilt # Tage lang, oder bis Sie es in Ihrem Konto zurücknehmen.',
      }),
    forMinutes: (count) =>
      plural(count, {
        one: 'Das gilt jeweils # Minute lang, oder bis Sie es in Ihrem Konto zurücknehmen.',
        other: 'Das gilt jeweils # Minuten lang, oder bis Sie es in Ihrem Konto zurücknehmen.',
      }),
    leads: 'Beide Antworten führen zurück zu',
    allow: 'Zugriff erlauben',
    deny: 'Nicht erlauben',
    another: (name) => `Nicht ${name}? Mit einem anderen Konto anmelden`,
    scopes: {
      openid: 'bei jeder Anmeldung wissen, dass Sie es sind',
      profile: 'Ihren Namen und Ihr übriges Profil sehen',
      email: 'Ihre E-Mail-Adresse sehen',
      offline_access: 'weiterarbeiten, während Sie nicht da sind',
    },
  },
  device: {
    title: 'Auf einem anderen Gerät anmelden',
    lead: 'Das Gerät zeigt einen Code. Geben Sie ihn hier ein, um das Gerät anzumelden.',
    codeHint: 'Acht Buchstaben, etwa WDJB-MJHT.',
    next: 'Weiter',
    unknown:
      'Mit diesem Code wartet kein Gerät. Vergleichen Sie die Buchstaben; nach zehn Minuten zeigt das Gerät einen neuen.',
    ask: (client) => `${client} auf einem anderen Gerät anmelden?`,
    askLead: (client, name) => `${client} bekommt dort Zugriff auf Ihr Konto ${name}.`,
    warning:
      'Fahren Sie nur fort, wenn Sie das eben selbst begonnen haben, an einem Gerät, das Sie vor sich sehen. Hat Ihnen jemand diesen Code oder diesen Link geschickt, käme diese Person in Ihr Konto.',
    elsewhere: 'Das Gerät ist in einem anderen Netz als Sie.',
    shows: 'Diesen Code muss das Gerät zeigen',
    device: 'Gerät',
    place: 'Adresse',
    asked: 'Gefragt',
    allow: 'Gerät anmelden',
    allowed: 'Das Gerät ist angemeldet',
    allowedLead: 'Dort geht es gleich von selbst weiter. Sie können diese Seite schließen.',
    denied: 'Das Gerät ist nicht angemeldet',
    deniedLead:
      'Wenn Sie das nicht selbst begonnen haben, wollte jemand in Ihr Konto. Es wurde nichts herausgegeben.',
  },
}
