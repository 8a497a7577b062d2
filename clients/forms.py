from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.models import User, UserQuerySet, time_zones
from clients.models import Client, Treatment

OLDEST = 120  # years


def own_name(code: str) -> str:
    """A language as those who speak it call it: only they must find it."""
    return str(get_language_info(code)["name_local"]).capitalize()


class ClientForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("As you want to see it in your caseload. It never stands in an e-mail."),
    )
    contact = forms.ChoiceField(
        label=_("How to send the form"),
        choices=Client.Contact.choices,
        widget=forms.RadioSelect,
        initial=Client.Contact.EMAIL,
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        help_text=_("Needed when the form goes by e-mail."),
    )
    language = forms.ChoiceField(
        label=_("Language of the form"), choices=settings.LANGUAGES, initial="en"
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone of the client"),
        choices=lambda: [("", _("The same as the clinic")), *time_zones()],
        required=False,
        help_text=_("E-mails do not arrive at night. Choose it if the client lives elsewhere."),
    )
    birth_year = forms.CharField(
        label=_("Year of birth"),
        required=False,
        validators=[RegexValidator(r"^\d{4}$", _("Enter a year with four digits, like 1984."))],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_(
            "Only the client is asked for it: before the form opens, if you want that, and before "
            "they see their own answers. It is shown nowhere else."
        ),
    )
    pin = forms.CharField(
        label=_("PIN"),
        required=False,
        validators=[RegexValidator(r"^\d{4,8}$", _("Enter 4 to 8 digits."))],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_(
            "Asked for instead of the year of birth, which others may know. "
            "4 to 8 digits; tell the client in person, not by e-mail."
        ),
    )
    checks_link = forms.ChoiceField(
        label=_("Ask who is there before the form opens"),
        choices=Client.Check.choices,
        widget=forms.RadioSelect,
        initial=Client.Check.AS_CLINIC,
        required=False,
        help_text=_("Needs a PIN or a year of birth. Helps when others read the client's e-mail."),
    )

    SECRETS = ("birth_year", "pin")
    RARE = ("language", "time_zone", "birth_year", "pin", "checks_link")

    def __init__(self, *args: Any, hidden: Collection[str] = (), **kwargs: Any) -> None:
        """hidden: of the secrets, what is stored but not shown. Left empty, it stays."""
        super().__init__(*args, **kwargs)
        self.hidden = hidden
        for name in hidden:
            self.fields[name].help_text = _(
                "It is set, and only the therapist sees it. Leave this empty to keep it."
            )

    def clean_birth_year(self) -> str:
        year: str = self.cleaned_data["birth_year"]
        now = timezone.localdate().year
        if year and not now - OLDEST <= int(year) <= now:
            raise forms.ValidationError(_("Enter a year with four digits, like 1984."))
        return year

    def clean_checks_link(self) -> str:
        return self.cleaned_data["checks_link"] or Client.Check.AS_CLINIC

    def clean(self) -> dict[str, Any]:
        """To always ask, there must be something to ask for, be it shown or hidden."""
        said = self.cleaned_data
        wanted = said.get("checks_link") == Client.Check.ALWAYS
        is_typed = any(said.get(name, "typed wrongly") for name in ("pin", "birth_year"))
        if wanted and not is_typed and not self.hidden:
            self.add_error("pin", _("Enter a PIN or a year of birth, or do not always ask."))
        return said

    def everyday_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.RARE]

    def rare_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name in self.RARE]

    def has_rare_errors(self) -> bool:
        return any(name in self.errors for name in self.RARE)


class EndForm(forms.Form):
    """Why a treatment ends. Going on with a colleague has a page of its own."""

    reason = forms.ChoiceField(
        label=_("Why does it end?"),
        choices=[
            (reason.value, reason.label)
            for reason in Treatment.EndReason
            if reason != Treatment.EndReason.TRANSFERRED
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one reason.")},
    )


class TransferForm(forms.Form):
    """With whom the client goes on, and what that colleague may read."""

    colleague = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=_("Colleague"),
        empty_label=_("Choose a colleague"),
        error_messages={"required": _("Please choose a colleague.")},
    )
    history_agreed = forms.BooleanField(
        label=_("The client agrees that my colleague reads what was answered so far"),
        required=False,
        help_text=_("Ask before you tick this. Without it your colleague starts afresh."),
    )

    def __init__(self, *args: Any, colleagues: UserQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[User]", self.fields["colleague"])
        field.queryset = colleagues.order_by("display_name")
        people = field.queryset.values_list("pk", "display_name")
        field.choices = [("", field.empty_label), *((str(pk), name) for pk, name in people)]


class SecretForm(forms.Form):
    """The one question. It speaks of "your" PIN or year, and of nobody."""

    WRONG = _("That does not match. Please check it and try again.")

    answer = forms.CharField(
        max_length=30,
        error_messages={"required": _("Please type your answer.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answer = self.fields["answer"]
        if client.pin:
            answer.label = _("Your PIN")
            answer.help_text = _("The number that the clinic gave you.")
        else:
            answer.label = _("The year you were born")
            answer.help_text = _("Four digits, like 1984.")


class MailForm(forms.Form):
    """What the client wants of our e-mails. Nothing is chosen before a person chooses."""

    STOP, KEEP = "stop", "keep"

    mails = forms.ChoiceField(
        label=_("Do you want e-mails from us?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one answer. Nothing was changed.")},
    )
    language = forms.ChoiceField(
        label=_("Language of the e-mails"),
        choices=[(code, own_name(code)) for code, _name in settings.LANGUAGES],
    )

    def __init__(self, *args: Any, is_stopped: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep = _("Start e-mails again") if is_stopped else _("Keep e-mails coming")
        stop = _("Keep e-mails stopped") if is_stopped else _("Stop all e-mails")
        self.fields["mails"].choices = [(self.KEEP, keep), (self.STOP, stop)]  # type: ignore[attr-defined]
