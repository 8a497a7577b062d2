from django.apps import AppConfig


class TrendsConfig(AppConfig):
    name = "trends"

    def ready(self) -> None:
        from sessions.signals import ratings_changed
        from trends import services
        from trends.mails import mail  # need the models

        mail.register()
        ratings_changed.connect(services.on_ratings_changed, dispatch_uid="trends")
