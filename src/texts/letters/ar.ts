import { type LetterTexts, lengthIn } from './letter-texts.ts'

const length = lengthIn('ar')

const NOT_YOU = 'إذا لم تكن أنت من طلب ذلك فلا حاجة إلى فعل أي شيء: لا يحدث شيء من دون الرابط.'

export const ar: LetterTexts = {
  linkHelp: 'إذا لم يعمل الزر فانسخ هذا العنوان إلى متصفحك:',
  letters: {
    verify: ({ service, lifeMilliseconds }) => ({
      subject: `أكّد عنوان بريدك الإلكتروني لدى ${service}`,
      paragraphs: [
        `يرجى تأكيد أن هذا العنوان لك. يصلح الرابط مرة واحدة، ومدة صلاحيته: ${length(lifeMilliseconds)}.`,
      ],
      button: 'تأكيد العنوان',
      after: ['إذا لم يكن لك حساب هناك فلا حاجة إلى فعل أي شيء.'],
    }),
    register: ({ service, lifeMilliseconds }) => ({
      subject: `أكمل إنشاء حسابك لدى ${service}`,
      paragraphs: [
        `طلب أحدهم حسابًا لدى ${service} بهذا العنوان. إذا كنت أنت فاتبع الرابط. ` +
          `يصلح مرة واحدة، ومدة صلاحيته: ${length(lifeMilliseconds)}.`,
      ],
      button: 'إنشاء الحساب',
      after: [NOT_YOU],
    }),
    already_registered: ({ service }) => ({
      subject: `لديك حساب لدى ${service}`,
      paragraphs: [
        `طلب أحدهم حسابًا لدى ${service} بهذا العنوان، ويوجد حساب بالفعل.`,
        'إذا كنت أنت فسجّل الدخول. وإذا نسيت كلمة المرور فاطلب كلمة جديدة في صفحة تسجيل الدخول.',
        'إذا لم تكن أنت فلا حاجة إلى فعل أي شيء.',
      ],
    }),
    invite: ({ service, lifeMilliseconds }) => ({
      subject: `دعوة إلى ${service}`,
      paragraphs: [
        `ينتظرك حساب لدى ${service}. اختر كلمة مرور لتبدأ. ` +
          `يصلح الرابط مرة واحدة، ومدة صلاحيته: ${length(lifeMilliseconds)}.`,
      ],
      button: 'إنشاء الحساب',
    }),
    reset: ({ service, lifeMilliseconds }) => ({
      subject: `اختر كلمة مرور جديدة لدى ${service}`,
      paragraphs: [
        `طلب أحدهم كلمة مرور جديدة لحسابك لدى ${service}. إذا كنت أنت فاتبع الرابط. ` +
          `يصلح مرة واحدة، ومدة صلاحيته: ${length(lifeMilliseconds)}. تنتهي معه مفاتيح API الخاصة بالحساب.`,
      ],
      button: 'اختيار كلمة مرور جديدة',
      after: [NOT_YOU],
    }),
    change_email: ({ service, lifeMilliseconds }) => ({
      subject: `أكّد عنوان بريدك الجديد لدى ${service}`,
      paragraphs: [
        `سيصبح هذا العنوان عنوان حساب لدى ${service}. إذا كان حسابك فاتبع الرابط. ` +
          `يصلح مرة واحدة، ومدة صلاحيته: ${length(lifeMilliseconds)}.`,
      ],
      button: 'استخدام هذا العنوان',
      after: [NOT_YOU],
    }),
    keep_email: ({ service, newEmail, lifeMilliseconds }) => ({
      subject: `طُلب تغيير عنوان بريدك لدى ${service}`,
      paragraphs: [
        `طلب شخص سجّل الدخول إلى حسابك لدى ${service} تغيير العنوان إلى ${newEmail}. ` +
          'يتغير العنوان فور تأكيد العنوان الجديد. إذا كنت أنت فلا حاجة إلى فعل أي شيء.',
        'إذا لم تكن أنت فأوقف التغيير. يحتفظ حسابك عندئذ بهذا العنوان، ويُسجَّل خروجه من كل مكان، ويحصل على كلمة ' +
          'مرور جديدة. تنتهي مفاتيح API الخاصة به، ويُزال ما أضيف إلى الدخول بخطوتين بعد هذه الرسالة. ' +
          `مدة صلاحية الرابط: ${length(lifeMilliseconds)}.`,
      ],
      button: 'إيقاف التغيير',
    }),
    email_changed: ({ service, newEmail }) => ({
      subject: `تغيّر عنوان بريدك لدى ${service}`,
      paragraphs: [
        `أصبح عنوان حسابك لدى ${service} هو ${newEmail}. تصل الرسائل إليه من الآن فصاعدًا.`,
        'إذا لم تكن أنت فاتبع رابط الرسالة السابقة: ما زال يلغي التغيير.',
      ],
    }),
    password_changed: ({ service }) => ({
      subject: `تغيّرت كلمة مرورك لدى ${service}`,
      paragraphs: [
        `تغيّرت كلمة مرور حسابك لدى ${service}، وسُجّل خروج الأجهزة الأخرى.`,
        'إذا لم تكن أنت فاطلب فورًا كلمة مرور جديدة في صفحة تسجيل الدخول.',
      ],
    }),
    password_known: ({ service }) => ({
      subject: `أحدهم يعرف كلمة مرورك لدى ${service}`,
      paragraphs: [
        `أدخل أحدهم كلمة المرور الصحيحة لحسابك لدى ${service} ثم أخطأ خمس مرات في الخطوة الثانية. لم يُسمح له بالدخول.`,
        'إذا لم تكن أنت فاختر كلمة مرور جديدة هنا وفي كل مكان تستعمل فيه هذه الكلمة.',
      ],
    }),
    factor_added: ({ service }) => ({
      subject: `أُضيف عامل ثانٍ إلى حسابك لدى ${service}`,
      paragraphs: [
        `أُضيف تطبيق مصادقة أو مفتاح مرور إلى حسابك لدى ${service}، وسُجّل خروج الأجهزة الأخرى. سيُطلب عند تسجيل الدخول من الآن فصاعدًا.`,
        'إذا لم تكن أنت فاطلب فورًا كلمة مرور جديدة في صفحة تسجيل الدخول، وأبلغ مشغّل الخدمة.',
      ],
    }),
    factor_removed: ({ service }) => ({
      subject: `أُزيل عامل ثانٍ من حسابك لدى ${service}`,
      paragraphs: [
        `أُزيل تطبيق مصادقة أو مفاتيح مرور من حسابك لدى ${service}، وسُجّل خروج الأجهزة الأخرى.`,
        'إذا لم تكن أنت فاطلب فورًا كلمة مرور جديدة في صفحة تسجيل الدخول، وأبلغ مشغّل الخدمة.',
      ],
    }),
    account_deleted: ({ service }) => ({
      subject: `حُذف حسابك لدى ${service}`,
      paragraphs: [`حُذف حسابك لدى ${service} وكل ما يتبعه، كما طلبت.`],
    }),
  },
}
