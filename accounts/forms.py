import json
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, MailWishes, Profile, User
from accounts.permissions import ROLE_CHOICES


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        initial=["therapist"],
        help_text=_("A supervisor reads what therapists share with them, and nothing else."),
        error_messages={"required": _("Choose at least one role.")},
    )


class JoinForm(forms.Form):
    display_name = forms.CharField(
        label=_("Your name, as clients see it"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 15 characters. Four or five words in a row are easy to remember."),
        strip=False,
        max_length=512,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        """Neither the name nor the address is a password."""
        password: str = self.cleaned_data["password"]
        name = self.cleaned_data.get("display_name", "")
        validate_password(password, User(email=self.email, display_name=name))
        return password


class ClinicForm(forms.ModelForm):  # type: ignore[type-arg]
    crisis_text = forms.CharField(
        label=_("If you need help now"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Clients see this on every form: whom to call when help is needed at once. "
            "No form is sent before you have written it."
        ),
        error_messages={
            "required": _("Write whom clients can call. Without it, no forms are sent.")
        },
    )

    class Meta:
        model = Clinic
        fields = ("name", "time_zone", "crisis_text")


class PlainText(forms.CharField):
    """Lines as they are counted and shown: browsers send two signs for the end of one."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class AboutForm(forms.ModelForm):  # type: ignore[type-arg]
    """Words for clients. What is published is what was looked at, sign by sign."""

    def fingerprint(self) -> str:
        said = json.dumps([self.cleaned_data[name] for name in self.fields])
        return salted_hmac("accounts.about", said, algorithm="sha256").hexdigest()

    def was_looked_at(self) -> bool:
        return constant_time_compare(self.data.get("looked_at", ""), self.fingerprint())


class MailWishesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = MailWishes
        fields = ("tells", "reminds", "digest", "quiet_from", "quiet_until")
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"}) for name in fields[3:]
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "tells": _("Within minutes of a possible rupture, or when a client asks to talk."),
            "reminds": _("After 48 hours, then each working day until you have looked at it."),
            "digest": _("When the quiet hours of Monday are over, if there is anything at all."),
            "quiet_from": _("On the clinic's clock."),
            "quiet_until": _("The same hour twice means that there are no quiet hours."),
        }
        error_messages: ClassVar[dict[str, Any]] = {
            name: {"required": _("Please give both hours, or the same hour twice for none.")}
            for name in ("quiet_from", "quiet_until")
        }


class ProfileForm(AboutForm):
    class Meta:
        model = Profile
        fields = ("title", "qualifications", "way_of_working")
        field_classes: ClassVar[dict[str, Any]] = dict.fromkeys(fields[1:], PlainText)
        help_texts: ClassVar[dict[str, Any]] = {
            "title": _("For example: Psychotherapist, M.Sc."),
            "qualifications": _("Where you were trained, and how long you have done this work."),
            "way_of_working": _("What clients can expect when they meet you. Use short sentences."),
        }


class ClinicAboutForm(AboutForm):
    class Meta:
        model = Clinic
        fields = ("about_sessions", "about_confidentiality", "about_complaints")
        field_classes: ClassVar[dict[str, Any]] = dict.fromkeys(fields, PlainText)
        help_texts: ClassVar[dict[str, Any]] = {
            "about_sessions": _("How often, how long, and why clients are asked for feedback."),
            "about_confidentiality": _("Who knows of what is said, and when you must tell others."),
            "about_complaints": _("Whom to ask, how to reach them, and what happens then."),
        }


class TokenForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
        initial=90,
    )
