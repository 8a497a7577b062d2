"""A text column that is ciphertext in the database and text in Python.

The ciphertext is bound to table, column and the row's primary key, so a row must have its key
before it is saved: models with sealed columns use UUID keys made in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from vault.keys import seal, unseal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext on its way to or from the database."""

    data: bytes


class _OpenOnRead(DeferredAttribute):
    """Opens the value at first access: only then the row's key is known for certain."""

    field: SealedTextField

    def __set__(self, instance: models.Model, value: Any) -> None:
        """Only so that reading always passes through `__get__`."""
        instance.__dict__[self.field.attname] = value

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None or not isinstance(value, Sealed):
            return value
        text = unseal(value.data, self.field.place(instance))
        instance.__dict__[self.field.attname] = text
        return text


class SealedTextField(models.TextField):  # type: ignore[type-arg]
    """Text encrypted at rest. It cannot be filtered, sorted or changed by `QuerySet.update`."""

    descriptor_class = _OpenOnRead

    def get_internal_type(self) -> str:
        return "BinaryField"

    def place(self, instance: models.Model) -> str:
        """Where a value stands; what it was sealed for is where it opens."""
        return f"{self.model._meta.label_lower}.{self.name}/{instance.pk}"

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        text = getattr(model_instance, self.attname)
        if text is None:
            return None
        return Sealed(seal(str(text), self.place(model_instance)))

    def from_db_value(self, value: Any, *args: object) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Sealed):
            return value
        raise self._refusal()

    def get_lookup(self, lookup_name: str) -> Any:
        """Nothing can be looked for in ciphertext; an empty answer would look like a true one."""
        if lookup_name != "isnull":
            raise self._refusal()
        return super().get_lookup(lookup_name)

    def _refusal(self) -> FieldError:
        return FieldError(f"{self.name} is encrypted: save the row, do not filter or update by it.")

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        value = self.get_prep_value(value)
        return value.data if isinstance(value, Sealed) else value
