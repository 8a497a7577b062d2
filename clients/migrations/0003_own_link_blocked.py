from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0002_own_say'),
    ]

    operations = [
        migrations.AddField(
            model_name='client',
            name='own_link_blocked_at',
            field=models.DateTimeField(null=True),
        ),
    ]
