from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="provider_id",
            field=models.CharField(blank=True, default="", max_length=255),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["about"], name="outbox_about"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["clinic_id", "-created_at"], name="outbox_clinic"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("provider_id", ""), _negated=True),
                fields=["provider_id"],
                name="outbox_provider",
            ),
        ),
    ]
