from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, User
from accounts.permissions import ROLE_CHOICES


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        initial=["therapist"],
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
    class Meta:
        model = Clinic
        fields = (
            "name",
            "time_zone",
            "sender_name",
            "names_therapist",
            "link_valid_days",
            "crisis_text",
        )
        help_texts: dict[str, Any] = {
            "sender_name": _(
                "Stands in the subject. Choose a name that does not tell what you do. "
                "Left empty, it is the name of the clinic."
            ),
            "names_therapist": _(
                "Whoever reads over a client's shoulder then sees the therapist's name."
            ),
            "crisis_text": _(
                "Clients see this on every form: whom to call when help is needed at once."
            ),
        }
        widgets: dict[str, Any] = {"crisis_text": forms.Textarea(attrs={"rows": 4})}


class TokenForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
        initial=90,
    )
