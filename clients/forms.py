from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clients.models import Client


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
