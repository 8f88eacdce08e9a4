import type { ProblemTexts } from './messages.ts';

export const arProblems: ProblemTexts = {
  // Requests
  'body-too-large': {
    message: 'الطلب أكبر مما يقبله الوسيط.',
    remedy: 'أرسل أقل.',
  },
  'internal-error': {
    message: 'حدث عطل في الوسيط نفسه.',
    remedy: 'حاول مرة أخرى. إن استمر العطل فابحث عن رقم الطلب في سجل الوسيط.',
  },
  'invalid-request': {
    message: 'ليس للطلب الشكل الذي يتوقعه الوسيط.',
    remedy: 'قارن الطلب مع ‎/v1/openapi.json. قد يختلف إصدار الطرف عن إصدار الوسيط.',
  },
  'not-found': {
    message: 'لا يوجد شيء في هذا العنوان.',
    remedy: 'تحقق من العنوان.',
  },
  'too-many-requests': {
    message: 'جاءت طلبات كثيرة جدًا من هذا الطرف.',
    remedy: 'انتظر لحظة ثم حاول مرة أخرى.',
  },

  // Terminal identity
  'enrollment-denied': {
    message: 'رُفض طلب تسجيل هذا الطرف.',
    remedy: 'اسأل المسؤول عن السبب، أو ابدأ من جديد.',
  },
  'enrollment-expired': {
    message: 'انتهت صلاحية رمز تسجيل هذا الطرف.',
    remedy: 'ابدأ من جديد: سيعرض الطرف عندئذٍ رمزًا آخر.',
  },
  'enrollment-not-found': {
    message: 'لا ينتظر أي طرف بهذا الرمز.',
    remedy: 'تحقق من كتابة الرمز. يصلح الرمز عشر دقائق ولطرف واحد.',
  },
  'enrollment-mismatch': {
    message: 'لا يخاطب الطرف هذا الوسيط، أو ليس بالمفتاح الذي يذكره.',
    remedy:
      'لا توافق عليه: قد يكون أحدهم بين الاثنين. تحقق من شبكة الطرف ومن العنوان الذي أُدخل فيه.',
  },
  'enrollment-token-expired': {
    message: 'انتهت صلاحية رمز التسجيل التلقائي لهذا الطرف.',
    remedy: 'اطلب من المسؤول رمزًا جديدًا.',
  },
  'enrollment-token-used-up': {
    message: 'سجّل رمز التسجيل التلقائي لهذا الطرف كل ما يُسمح له به من أطراف.',
    remedy: 'اطلب من المسؤول رمزًا جديدًا.',
  },
  'enrollment-token-wrong': {
    message: 'رمز التسجيل التلقائي لهذا الطرف غير معروف.',
    remedy: 'قارنه بالرمز الذي أُعطي للمسؤول.',
  },
  'proof-nonce-needed': {
    message: 'لا يحمل إثبات الطرف القيمة التي يطلبها الوسيط.',
    remedy: 'وقّعه من جديد بالقيمة الواردة في ترويسة DPoP-Nonce.',
  },
  'proof-invalid': {
    message: 'الطلب غير موقّع بمفتاح هذا الطرف.',
    remedy: 'تحقق من صحة ساعة الطرف ثم حاول مرة أخرى.',
  },
  'terminal-unknown': {
    message: 'لا يعرف الوسيط هذا الطرف، أو لم يعد يعرفه.',
    remedy: 'سجّل الطرف من جديد.',
  },

  // Sign-in and permissions
  'account-disabled': { message: 'هذا الحساب موقوف.', remedy: 'اسأل المسؤول.' },
  'credentials-wrong': {
    message: 'اسم المستخدم أو كلمة المرور غير صحيحة.',
    remedy: 'تحقق منهما وحاول مرة أخرى. حالة الأحرف مهمة في كلمة المرور.',
  },
  'identity-provider-refused': {
    message: 'لم يسمح لك نظام الدخول في مؤسستك بالدخول.',
    remedy: 'حاول مرة أخرى، أو اسأل المسؤول.',
  },
  'identity-provider-unreachable': {
    message: 'يتعذر الوصول إلى نظام الدخول في مؤسستك.',
    remedy: 'حاول لاحقًا، أو سجّل الدخول بحساب من حسابات الوسيط.',
  },
  'not-signed-in': {
    message: 'لم تعد مسجّل الدخول.',
    remedy: 'سجّل الدخول مرة أخرى.',
  },
  'nothing-to-resume': {
    message: 'لا توجد جلسة لهذا الطرف تنتظر الاستئناف.',
    remedy: 'سجّل الدخول.',
  },
  'origin-refused': {
    message: 'جاء الطلب من صفحة غير صفحات الوسيط.',
    remedy: 'افتح الصفحة في عنوان الوسيط ثم حاول مرة أخرى.',
  },
  'permission-missing': {
    message: 'لا تسمح أدوارك بذلك.',
    remedy: 'اطلب من أحد المسؤولين أن يفعله، أو أن يمنحك دورًا يسمح به.',
  },
  'second-factor-wrong': {
    message: 'الرمز المكوّن من ستة أرقام خاطئ أو سبق استخدامه.',
    remedy: 'انتظر الرمز التالي في تطبيق المصادقة وأدخله.',
  },
  'sign-in-expired': {
    message: 'طال تسجيل الدخول هذا أكثر مما ينبغي أو سبق إنهاؤه.',
    remedy: 'ابدأ من جديد.',
  },
  'sign-in-refused': {
    message: 'لم يكتمل تسجيل الدخول.',
    remedy: 'سجّل الدخول مرة أخرى.',
  },
  'sign-in-throttled': {
    message: 'جُرّبت من هنا كلمات مرور خاطئة كثيرة.',
    remedy: 'انتظر حتى ينقضي الوقت المعروض ثم حاول مرة أخرى.',
  },

  // Administration
  'change-conflict': {
    message: 'لا يمكن تغيير هذا على هذا النحو.',
    remedy: 'تبيّن التفاصيل ما يمنع ذلك.',
  },
  'name-taken': {
    message: 'هذا الاسم مستخدم بالفعل.',
    remedy: 'اختر اسمًا آخر.',
  },

  // Desktops and sessions
  'desktop-not-found': {
    message: 'ليس لك سطح مكتب كهذا.',
    remedy: 'اختر واحدًا من أسطح المكتب المعروضة.',
  },
  'disk-full': {
    message: 'قرص الوسيط ممتلئ.',
    remedy: 'اطلب من المسؤول إخلاء بعض المساحة ثم حاول مرة أخرى.',
  },
  'guest-boot-timeout': {
    message: 'لم يبدأ سطح المكتب في الوقت المحدد.',
    remedy: 'حاول مرة أخرى. يبيّن سجل سطح المكتب إلى أين وصل.',
  },
  'guest-failed': {
    message: 'توقف سطح المكتب على غير المتوقع.',
    remedy: 'ابدأه من جديد. يبيّن سجل سطح المكتب سبب توقفه.',
  },
  'host-full': {
    message: 'لا مكان لدى الوسيط لسطح مكتب آخر.',
    remedy: 'أنهِ سطح مكتب لم تعد تحتاجه، أو حاول لاحقًا.',
  },
  'image-damaged': {
    message: 'صورة نظام سطح المكتب هذا تالفة.',
    remedy: 'اطلب من المسؤول تشغيل "porthole image build" أو إضافة الصورة من جديد.',
  },
  'image-unknown': {
    message: 'صورة نظام سطح المكتب هذا مفقودة.',
    remedy: 'اطلب من المسؤول تشغيل "porthole image list" وإضافة ما ينقص.',
  },
  'qemu-missing': {
    message: 'برنامج QEMU غير مثبّت على الوسيط.',
    remedy: 'اطلب من المسؤول تشغيل "porthole doctor".',
  },
  'session-ended': {
    message: 'انتهت هذه الجلسة.',
    remedy: 'ابدأ جلسة جديدة.',
  },
  'session-not-found': {
    message: 'ليست لك جلسة كهذه.',
    remedy: 'ابدأ جلسة جديدة.',
  },
  'session-not-ready': {
    message: 'ما زال سطح المكتب قيد البدء.',
    remedy: 'انتظر حتى يصبح جاهزًا.',
  },

  // The stream
  'stream-idle-limit': {
    message: 'تُركت الجلسة بلا استخدام وقتًا طويلًا فقُطع الاتصال بها.',
    remedy: 'اتصل مجددًا: فهي ما زالت تعمل.',
  },
  'stream-lost': {
    message: 'انقطع الاتصال بسطح المكتب.',
    remedy: 'تُعاد المحاولة تلقائيًا. تحقق من الشبكة إن طال ذلك.',
  },
  'stream-protocol-error': {
    message: 'حمل اتصال الشاشة ما ليس اتصال شاشة.',
    remedy: 'اتصل مجددًا. قد يختلف إصدار الطرف عن إصدار الوسيط.',
  },
  'stream-taken-over': {
    message: 'فُتحت هذه الجلسة في مكان آخر.',
    remedy: 'اتصل مجددًا لإعادتها إلى هنا.',
  },
  'stream-time-limit': {
    message: 'بلغت الجلسة أطول وقت مسموح به وانتهت.',
    remedy: 'ابدأ جلسة جديدة، أو اطلب من المسؤول حدًا أطول.',
  },
  'ticket-invalid': {
    message: 'رُفضت تذكرة الشاشة.',
    remedy: 'اتصل مجددًا: كل تذكرة تصلح لاتصال واحد خلال 30 ثانية.',
  },

  // On the terminal
  'broker-address-invalid': {
    message: 'هذا ليس عنوان وسيط.',
    remedy: 'أدخل عنوانًا مثل https://broker.example.',
  },
  'broker-answer-invalid': {
    message: 'أجاب الوسيط بما لا يفهمه هذا الطرف.',
    remedy: 'تحقق من العنوان. قد يختلف إصدار الطرف عن إصدار الوسيط.',
  },
  'broker-key-changed': {
    message: 'لا يُظهر الوسيط المفتاح الذي يعرفه به هذا الطرف.',
    remedy:
      'قد يكون أحدهم بين الطرف ووسيطه. اسأل المسؤول قبل أي شيء آخر؛ فإن كان الوسيط قد أُعدّ من جديد فسجّل الطرف مرة أخرى.',
  },
  'broker-unreachable': {
    message: 'يتعذر الوصول إلى الوسيط.',
    remedy: 'تحقق من الشبكة والعنوان ومن أن الوسيط يعمل.',
  },
  'ipc-refused': {
    message: 'طلب جزء من التطبيق ما ليس مسموحًا له.',
    remedy: 'أعد تشغيل Porthole. إن تكرر ذلك فأبلغ عنه.',
  },
  'not-possible-now': {
    message: 'لا يمكن فعل ذلك في هذه اللحظة.',
    remedy: 'انتظر حتى تنتهي الخطوة الجارية أو ألغها.',
  },
  'vault-damaged': {
    message: 'تتعذر قراءة ما تحفظه سلسلة المفاتيح لـ Porthole.',
    remedy: 'سجّل الطرف من جديد.',
  },
  'vault-unavailable': {
    message: 'ليس في هذا الجهاز سلسلة مفاتيح يستطيع Porthole استخدامها.',
    remedy: 'ثبّت واحدة وافتحها، أو تابع من دونها: سيلزم عندئذٍ تسجيل الطرف بعد كل إعادة تشغيل.',
  },

  // Setting up and starting
  'audit-broken': {
    message: 'سجل التدقيق ليس كما كُتب.',
    remedy:
      'احتفظ بنسخة من قاعدة البيانات كما هي الآن وقارنها بنسخة احتياطية: لا يوثق بالسجل بدءًا من القيد المذكور.',
  },
  'backup-damaged': {
    message: 'لا يمكن استعادة هذه النسخة الاحتياطية.',
    remedy: 'استخدم نسخة أخرى. لم يتغير شيء.',
  },
  'broker-running': {
    message: 'وسيط آخر يستخدم مجلد البيانات هذا بالفعل.',
    remedy: 'أوقفه أولًا، أو خصّص لهذا الوسيط مجلدًا خاصًا بالإعداد "dataDir".',
  },
  'command-failed': {
    message: 'توقف برنامج يحتاجه Porthole بسبب خطأ.',
    remedy: 'اقرأ رسالته أعلاه وأصلح السبب ثم حاول مرة أخرى.',
  },
  'config-invalid': {
    message: 'في الإعدادات خطأ.',
    remedy: 'صحّح الحقل المذكور ثم ابدأ من جديد.',
  },
  'config-unreadable': {
    message: 'تتعذر قراءة ملف الإعدادات.',
    remedy: 'تحقق من وجود الملف وإمكان قراءته ومن أنه بصيغة JSON.',
  },
  'display-missing': {
    message: 'لا توجد شاشة تُعرض عليها نافذة.',
    remedy: 'ابدأ بالخيار ‎--headless لتُكتب صور النافذة بدلًا من عرضها.',
  },
  'download-damaged': {
    message: 'ما نُزّل ليس كما ينبغي.',
    remedy: 'لم يُستخدم. حاول مرة أخرى؛ إن تكرر ذلك فالسجل أو الشبكة يغيّران ما يُنزَّل.',
  },
  'electron-missing': {
    message: 'لا يوجد على هذا الجهاز Electron يستطيع تشغيل الطرف.',
    remedy:
      'شغّل "npx install-electron"، أو اجعل ELECTRON_OVERRIDE_DIST_PATH يشير إلى مجلد يحتوي عليه.',
  },
  'image-invalid': {
    message: 'لا يمكن استخدام هذا الملف صورةً للنظام.',
    remedy:
      'قدّم ملف qcow2 أو نسخة خام من قرص إقلاع لا تعتمد على غيرها: ينشئ "qemu-img convert -O qcow2" ملفًا كهذا.',
  },
  'image-name-invalid': {
    message: 'لا يصلح هذا اسمًا لصورة نظام.',
    remedy: 'استخدم حتى 63 من الأحرف اللاتينية الصغيرة والأرقام و"." و"_" و"-"، وابدأ بحرف أو رقم.',
  },
  'image-name-taken': {
    message: 'توجد صورة نظام بهذا الاسم.',
    remedy: 'اختر اسمًا آخر، أو أزل الصورة الأخرى أولًا.',
  },
  'offline-missing': {
    message: 'ينقص هذا الجهاز شيء لازم، والخيار ‎--offline يمنع تنزيله.',
    remedy: 'ابدأ مرة واحدة من دون ‎--offline.',
  },
  'packages-unreachable': {
    message: 'يتعذر جلب حزم Debian اللازمة للصورة.',
    remedy:
      'تحقق من الشبكة، ومن http_proxy إن كان هناك وسيط شبكة، ثم ابدأ من جديد: يُستأنف العمل من حيث توقف.',
  },
  'port-in-use': {
    message: 'برنامج آخر يستمع على هذا المنفذ.',
    remedy: 'أوقفه أو اختر منفذًا آخر بالخيار ‎--port.',
  },
  'store-damaged': {
    message: 'تتعذر قراءة بيانات الوسيط.',
    remedy: 'تُركت كما هي. استعد نسخة احتياطية أو انقلها جانبًا لتبدأ من جديد.',
  },
  'store-unreachable': {
    message: 'يتعذر الوصول إلى قاعدة بيانات الوسيط.',
    remedy: 'تحقق من أن خادم قاعدة البيانات يعمل ومن صحة DATABASE_URL.',
  },
  'tool-missing': {
    message: 'برنامج يحتاجه Porthole غير مثبّت.',
    remedy: 'شغّل "porthole doctor": فهو يطبع السطر الذي يثبّته.',
  },
};
