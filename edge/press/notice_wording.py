"""The fixed wording of the notices, in both languages: what each says, what it proves, and what it does not."""

from __future__ import annotations

from protocol.office.catalogue import Bilingual, Silence

Lines = dict[str, list[str]]

INCOMPLETE_TITLE = Bilingual(ar="وصل عن ملف غير مكتمل", fr="Récépissé de dossier incomplet")
SILENCE_TITLE = Bilingual(ar="إثبات عدم الجواب داخل الأجل", fr="Preuve d'absence de réponse dans le délai")
REFUSAL_TITLE = Bilingual(ar="إشعار برفض طلب", fr="Notification de refus")
APPEAL_TITLE = Bilingual(ar="وصل إيداع طعن", fr="Récépissé de recours")

ASKED = Bilingual(ar="تاريخ طلب الوثائق", fr="Pièces demandées le")
COMPLETE = Bilingual(ar="تاريخ اكتمال الملف", fr="Dossier complet le")
DUE = Bilingual(ar="آخر يوم للجواب", fr="Dernier jour du délai")
NOTED = Bilingual(ar="تاريخ تسجيل انصرام الأجل", fr="Échéance constatée le")
DECIDED = Bilingual(ar="تاريخ القرار", fr="Décision du")
REASON = Bilingual(ar="سبب الرفض", fr="Motif du refus")
LODGED = Bilingual(ar="تاريخ إيداع الطعن", fr="Recours déposé le")
MADE = Bilingual(ar="حررت في", fr="Établi le")

MISSING = Bilingual(ar="الوثائق الناقصة", fr="Pièces manquantes")
JUSTIFICATION = Bilingual(ar="التعليل", fr="Justification")
GROUNDS = Bilingual(ar="أسباب الطعن", fr="Motifs du recours")


def bring_until(day: Bilingual | None) -> Lines:
    """Return until when the missing pieces are awaited."""
    if day is None:
        return {
            "ar": ["يرجى الإدلاء بالوثائق الناقصة في أقرب وقت بشباك الملحقة."],
            "fr": ["Apportez les pièces manquantes dès que possible au guichet de l'annexe."],
        }
    return {
        "ar": [f"يرجى الإدلاء بجميع الوثائق الناقصة بشباك الملحقة قبل نهاية يوم {day.ar}."],
        "fr": [f"Apportez toutes les pièces manquantes au guichet de l'annexe avant la fin du {day.fr}."],
    }


INCOMPLETE: Lines = {
    "ar": [
        "لا يحتسب أجل معالجة الطلب إلا من تاريخ اكتمال الملف. وبعد انصرام الأجل المذكور يغلق الطلب، ويمكنكم"
        " تقديم طلب جديد.",
        "طبقا للقانون رقم 55.19، لا تطلب الوثائق الناقصة إلا مرة واحدة، ولا يطلب غير ما هو وارد في هذا الوصل.",
    ],
    "fr": [
        "Le délai de traitement ne court qu'à compter du dossier complet. Passé ce jour, la demande est close ;"
        " vous pouvez en déposer une nouvelle.",
        "Conformément à la loi n° 55-19, les pièces manquantes ne sont demandées qu'une seule fois : rien"
        " d'autre que ce qui figure ici ne peut vous être demandé.",
    ],
}


def silence_stated(due: Bilingual) -> Lines:
    """Return what the proof of silence attests, and nothing beyond."""
    return {
        "ar": [f"إلى غاية نهاية يوم {due.ar}، لم يسجل بهذه الملحقة أي جواب على الطلب المذكور أعلاه."],
        "fr": [
            f"Jusqu'à la fin du {due.fr}, aucune réponse à la demande ci-dessus n'a été enregistrée à cette annexe."
        ],
    }


SILENCE_SCOPE: dict[Silence | None, Lines] = {
    "acceptance": {
        "ar": [
            "حسب دليل المساطر المنشور، يندرج هذا الإجراء ضمن الأعمال التي يعتبر فيها سكوت الإدارة بعد انصرام"
            " الأجل بمثابة موافقة (القانون رقم 55.19). غير أن هذه الوثيقة ليست هي الموافقة: تسلم الجهة المختصة"
            " ما يثبتها."
        ],
        "fr": [
            "Selon le catalogue publié, cet acte est de ceux pour lesquels le silence gardé au-delà du délai"
            " vaut accord (loi n° 55-19). Ce document n'est pas cet accord : c'est à l'autorité compétente d'en"
            " délivrer l'attestation."
        ],
    },
    "nothing": {
        "ar": [
            "حسب دليل المساطر المنشور، لا يندرج هذا الإجراء ضمن الأعمال التي يعتبر فيها سكوت الإدارة بمثابة"
            " موافقة (القانون رقم 55.19): فالسكوت هنا لا يمنح الوثيقة المطلوبة."
        ],
        "fr": [
            "Selon le catalogue publié, cet acte n'est pas de ceux pour lesquels le silence vaut accord (loi n°"
            " 55-19) : le silence ne donne pas droit, par lui-même, au document demandé."
        ],
    },
    None: {
        "ar": [
            "لا يعتبر القانون رقم 55.19 سكوت الإدارة بعد انصرام الأجل بمثابة موافقة إلا في الأعمال المحددة بنص."
            " ولم يتأكد بعد هل يندرج هذا الإجراء ضمنها: يرجى الاستفسار لدى العمالة أو الإقليم."
        ],
        "fr": [
            "La loi n° 55-19 ne fait valoir accord le silence gardé au-delà du délai que pour les actes fixés"
            " par un texte. Que cet acte en fasse partie reste à confirmer : renseignez-vous auprès de la"
            " préfecture ou province."
        ],
    },
}

SILENCE: Lines = {
    "ar": [
        "لا تقوم هذه الوثيقة مقام الشهادة المطلوبة ولا تمنحها. ويبقى الطلب معروضا على السلطة المحلية، ويرفع إلى"
        " علم العمالة أو الإقليم.",
        "يمكنكم تقديم طعن لدى السيد العامل، أو اللجوء إلى المحكمة الإدارية.",
    ],
    "fr": [
        "Ce document ne remplace pas le certificat demandé et ne l'accorde pas. La demande reste devant"
        " l'autorité locale et est signalée à la préfecture ou province.",
        "Vous pouvez former un recours auprès du gouverneur, ou saisir le tribunal administratif.",
    ],
}


def appeal_by(day: Bilingual | None) -> Lines:
    """Return until when an appeal is in time, as far as that is known."""
    if day is None:
        return {
            "ar": ["أجل الطعن لم يتأكد بعد: لا تتأخروا."],
            "fr": ["Le délai de recours est à confirmer : n'attendez pas."],
        }
    return {
        "ar": [f"أجل الطعن: 30 يوما، أي إلى غاية {day.ar} (في انتظار التأكيد: لا تتأخروا)."],
        "fr": [f"Délai de recours : 30 jours, soit jusqu'au {day.fr} (à confirmer : n'attendez pas)."],
    }


REFUSAL: Lines = {
    "ar": [
        "يمكنكم الطعن في هذا القرار لدى السيد العامل: بالشباك الآلي من حسابكم، أو بشباك الملحقة حيث يسلم لكم وصل"
        " عنه. ويمكنكم كذلك اللجوء إلى المحكمة الإدارية.",
        "لا يرفض طعن لمجرد إيداعه بعد الأجل: يسجل ويشار إلى تأخره.",
    ],
    "fr": [
        "Vous pouvez former un recours auprès du gouverneur : à la borne depuis votre compte, ou au guichet de"
        " l'annexe, qui vous en remet un récépissé. Vous pouvez aussi saisir le tribunal administratif.",
        "Un recours n'est pas écarté au seul motif qu'il est tardif : il est enregistré, et son retard est mentionné.",
    ],
}

APPEAL_TAKEN: Lines = {
    "ar": ["سجل الطعن المبين أعلاه، وعرض على المشرف للجواب عليه جوابا معللا."],
    "fr": ["Le recours ci-dessus est enregistré et soumis au superviseur, qui y répondra par une décision motivée."],
}

APPEAL_LATE: Lines = {
    "ar": ["أودع هذا الطعن بعد الأجل المشار إليه في الإشعار (30 يوما، في انتظار التأكيد). وقد سجل مع الإشارة إلى ذلك."],
    "fr": [
        "Ce recours a été déposé après le délai indiqué sur la notification (30 jours, à confirmer). Il est"
        " enregistré avec cette mention."
    ],
}

APPEAL: Lines = {
    "ar": ["لا يثبت هذا الوصل إلا إيداع الطعن. وتبقى إمكانية اللجوء إلى المحكمة الإدارية قائمة."],
    "fr": ["Ce récépissé n'atteste que le dépôt du recours. Le tribunal administratif peut toujours être saisi."],
}
