import { account } from './de/account.ts'
import { signIn } from './de/sign-in.ts'
import type { Texts } from './en.ts'
import { pluralIn } from './plural.ts'

const plural = pluralIn('de')

export const de: Texts = {
  ...signIn,
  ...account,
  common: {
    skip: 'Zum Inhalt springen',
    language: 'Sprache',
    errorTitle: (title) => `Fehler: ${title}`,
    pageTitle: (title, service) => `${title} · ${service}`,
    problemHeading: 'Es gibt ein Problem',
    reference: (reference) => `Kennung: ${reference}`,
    optional: 'Freiwillig',
    back: 'Zurück',
    cancel: 'Abbrechen',
    copy: 'Kopieren',
    copied: 'Kopiert',
    show: 'Anzeigen',
    hide: 'Verbergen',
    showPassword: 'Passwort anzeigen',
    hidePassword: 'Passwort verbergen',
    signOut: 'Abmelden',
    unknownDevice: 'Unbekanntes Gerät',
    device: (program, system) => `${program} auf ${system}`,
  },
  fields: {
    login: 'Benutzername oder E-Mail-Adresse',
    email: 'E-Mail-Adresse',
    username: 'Benutzername',
    usernameHint: '3 bis 64 Buchstaben, Ziffern, Punkte, Binde- oder Unterstriche.',
    password: 'Passwort',
    currentPassword: 'Bisheriges Passwort',
    newPassword: 'Neues Passwort',
    passwordHint: (least) =>
      plural(least, {
        one: 'Mindestens # Zeichen. Ein paar Wörter hintereinander merkt man sich leicht, und sie sind schwer zu erraten.',
        other:
          'Mindestens # Zeichen. Ein paar Wörter hintereinander merkt man sich leicht, und sie sind schwer zu erraten.',
      }),
    code: 'Code',
  },
  doctor: {
    title: 'Diagnose',
    lead: 'Warum ein Token abgewiesen wird, und was zu tun ist.',
    tokenHeading: 'Ein Token ansehen',
    token: 'Das Token',
    tokenHint:
      'Es wird hier angesehen und nirgendwohin gesendet. Behandeln Sie es trotzdem wie ein Passwort.',
    look: 'Ansehen',
    answer: 'Was gefunden wurde',
    fine: 'Es wurde kein Fehler daran gefunden.',
    undecided: 'Was hier vorliegt, entscheidet es nicht.',
    certain: 'Sicher',
    probable: 'Wahrscheinlich',
    fix: 'Was zu tun ist',
    claims: 'Was das Token sagt',
    claimsNotProven: 'Was das Token von sich sagt (nicht bewiesen)',
    checks: {
      form: 'Die Form',
      signature: 'Die Signatur',
      issuer: 'Wer es ausgestellt hat',
      audience: 'Für wen es ist',
      times: 'Die Zeiten',
      account: 'Konto und Sitzung',
    },
    states: { passed: 'in Ordnung', failed: 'nicht in Ordnung', open: 'nicht geprüft' },
    refusals: 'Abweisungen an einem Tag',
    none: 'Seit einem Tag wurde nichts abgewiesen.',
    cause: 'Ursache',
    count: 'Anzahl',
    recent: 'Die letzten',
    when: 'Wann',
    route: 'Anfrage',
    reference: 'Referenz',
  },
  errorPage: {
    title: 'Das hat nicht geklappt',
    notFoundTitle: 'Diese Seite gibt es nicht',
    notFound: 'Vielleicht ist die Adresse vertippt, oder die Seite ist umgezogen.',
    forbidden: 'Das dürfen Sie nicht sehen.',
    foreign:
      'Das Formular kam von einer anderen Website, deshalb ist nichts geschehen. Öffnen Sie die Seite hier und versuchen Sie es noch einmal.',
    unavailable: 'Der Dienst ist gerade nicht erreichbar. Versuchen Sie es in einer Minute noch einmal.',
    inside:
      'Bei uns ist etwas schiefgegangen. Versuchen Sie es noch einmal; wenn es wieder geschieht, sagen Sie es dem Betreiber.',
    refused: 'Die Anfrage war nicht zu verstehen. Gehen Sie zurück und versuchen Sie es noch einmal.',
    home: 'Zu Ihrem Konto',
    help: 'Wenn Sie um Hilfe bitten, nennen Sie diese Kennung.',
  },
  refusals: {
    wrongCredentials: 'Name oder Passwort ist falsch.',
    wait: (seconds) =>
      seconds < 90
        ? plural(seconds, {
            one: 'Zu viele Versuche. Warten Sie # Sekunde, dann geht es weiter.',
            other: 'Zu viele Versuche. Warten Sie # Sekunden, dann geht es weiter.',
          })
        : plural(Math.ceil(seconds / 60), {
            one: 'Zu viele Versuche. Warten Sie # Minute, dann geht es weiter.',
            other: 'Zu viele Versuche. Warten Sie # Minuten, dann geht es weiter.',
          }),
    busy: 'Gerade melden sich viele an. Versuchen Sie es gleich noch einmal.',
    stale:
      'Diese Seite war zu lange offen, oder Ihr Browser behält keine Cookies. Prüfen Sie, was hier steht, und senden Sie es noch einmal.',
    closed: 'Es werden keine Konten angenommen.',
    passwordRefused: 'Wählen Sie ein anderes Passwort.',
    check: 'Prüfen Sie, was unten markiert ist.',
    link: 'Dieser Link wurde schon benutzt oder ist zu alt. Lassen Sie sich einen neuen senden.',
    fresh: 'Geben Sie auch Ihr Passwort ein: Ihre Anmeldung ist zu lange her.',
    refused: 'Das wurde nicht angenommen.',
    unverified: 'Bestätigen Sie zuerst Ihre Adresse: Öffnen Sie den Link in unserem Brief.',
    factorWrong: 'Das ist nicht richtig. Ein Code gilt eine halbe Minute, und einmal.',
    challengeOver: 'Das hat zu lange gedauert, oder es waren zu viele Versuche. Melden Sie sich neu an.',
    noPasskeys: 'An dieser Adresse gibt es keine Passkeys.',
    attemptOver:
      'Diese Anmeldung wurde in einem anderen Browser begonnen oder hat zu lange gedauert. Beginnen Sie von vorn.',
    providerDown:
      'Der andere Dienst antwortet nicht. Versuchen Sie es in einer Minute noch einmal, oder melden Sie sich anders an.',
    providerRefused: 'Diese Anmeldung ließ sich nicht abschließen. Beginnen Sie von vorn.',
    providerDenied: 'Die Anmeldung wurde abgebrochen.',
    providerOld:
      'Der andere Dienst sagt nicht, dass Sie sich dort gerade eben angemeldet haben. Weisen Sie es anders nach.',
    providerEmail:
      'Der andere Dienst nennt keine E-Mail-Adresse, die sich benutzen lässt. Legen Sie erst hier ein Konto an und verbinden Sie es dann.',
    providerTaken: 'Dieses Konto öffnet hier schon ein anderes Konto.',
    accountThere:
      'Zu dieser Adresse gibt es schon ein Konto. Melden Sie sich an und verbinden Sie das andere unter „Verbundene Konten“.',
    lastWayIn:
      'Das ist Ihr einziger Weg, sich anzumelden. Setzen Sie erst ein Passwort, oder verbinden Sie ein anderes Konto.',
  },
  problems: {
    empty: 'Füllen Sie dieses Feld aus.',
    tooLong: (most) => plural(most, { one: 'Höchstens # Zeichen.', other: 'Höchstens # Zeichen.' }),
    email: 'Geben Sie eine E-Mail-Adresse ein, etwa name@example.com.',
    username: 'Nehmen Sie 3 bis 64 Buchstaben, Ziffern, Punkte, Binde- oder Unterstriche.',
    taken: 'Das ist vergeben. Wählen Sie etwas anderes.',
    emailTaken:
      'Zu dieser Adresse gibt es schon ein Konto. Melden Sie sich an, oder nehmen Sie eine andere Adresse.',
    currentPassword: 'Das ist nicht Ihr bisheriges Passwort.',
    registrationPassword:
      'Das ist nicht das Passwort, das für dieses Konto gewählt wurde. Wenn Sie es nicht wollten, tun Sie nichts.',
    choose: 'Wählen Sie mindestens eines.',
    sameEmail: 'Das ist schon Ihre Adresse.',
    code: 'Das ist nicht der Code, den die App jetzt zeigt.',
    passkey: 'Dieser Passkey wurde nicht angenommen.',
    invitedEmail: 'Das muss die eingeladene Adresse sein.',
  },
  scopes: {
    'profile:read': 'Ihr Konto sehen',
    'admin:dashboard': 'Die Verwaltungsseite sehen',
    'admin:users': 'Alle Konten und ihre Sitzungen betreuen',
    'admin:events': 'Das Protokoll lesen',
    'admin:keys': 'Die Signaturschlüssel sehen und ändern',
    'admin:clients': 'Anwendungen eintragen und ändern, die Token bekommen',
    'revocations:read': 'Erfahren, welche Token beendet sind',
  },
  passwordReasons: {
    tooShort: (least) =>
      plural(least, { one: 'Nehmen Sie mindestens # Zeichen.', other: 'Nehmen Sie mindestens # Zeichen.' }),
    tooLong: 'Nehmen Sie höchstens 256 Zeichen.',
    controlCharacters: 'Lassen Sie Tabulatoren und Zeilenumbrüche weg.',
    unreadable: 'Lassen Sie das Zeichen weg, das sich nicht lesen lässt.',
    ownName: 'Lassen Sie Ihren Benutzernamen und Ihre E-Mail-Adresse weg.',
    serviceName: 'Lassen Sie den Namen dieses Dienstes weg.',
    repeats: 'Wiederholen Sie nicht dieselben paar Zeichen.',
    rows: 'Vermeiden Sie Reihen von Buchstaben, Ziffern oder Nachbartasten, etwa abcd, 4321 oder qwertz.',
    common: 'Wählen Sie ein anderes: Dieses gehört zu den ersten, die ein Angreifer versucht.',
    fine: 'Gut: lang und nicht leicht zu erraten.',
    longer: 'Das genügt. Ein längeres ist stärker.',
  },
}
