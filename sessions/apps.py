from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "therapy_sessions"  # django.contrib.sessions has the short one

    def ready(self) -> None:
        from sessions.sending import mail  # needs the models

        mail.register()
